// jpeg_ijg: lossless JPEG (T.81 annex H) and DCT of more than 8 bits, which libjpeg-turbo does not decode, by DCMTK's
// three builds of the IJG library. For codec/jpeg_codec.cc, which has read the head and checked its sizes.
#pragma once

#include "codec/pixels.h"

namespace tessera::codec {

// Fills `pixels`, whose layout is set, by a stream of `precision` bits a sample. `to_rgb`: the stream's
// colours are YCbCr and go out as RGB.
Status decode_by_ijg(ByteView frame, unsigned precision, bool to_rgb, Pixels& pixels);

}  // namespace tessera::codec
