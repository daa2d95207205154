// jpeg_ls: frames of JPEG-LS (ITU T.87), by CharLS. Rows of the table in codec/codecs.cc; their promises are there.
#pragma once

#include "codec/codecs.h"

namespace tessera::codec {

Result<Pixels> decode_jpeg_ls(ByteView frame, const PixelLayout& header);

// Lossless, of 2 to 16 bits; signed values as their patterns (PS3.5 8.2.3).
Result<PixelLayout> jpeg_ls_layout(const PixelLayout& decoded);
Result<ByteBuffer> encode_jpeg_ls(const Pixels& pixels, const EncodeOptions& options);

}  // namespace tessera::codec
