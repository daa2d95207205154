// jpeg_codec: frames of the JPEG syntaxes (ITU T.81), by libjpeg-turbo where they are 8-bit and DCT, by DCMTK's IJG
// libraries where they are lossless or of more bits. Which it is, the codestream says, not the transfer syntax. Rows of
// the table in codec/codecs.cc; their promises are there.
//
// Colours: what the stream says of itself (JFIF, APP14, component names) holds; where it is silent, the header does.
// DCT streams come as RGB; lossless ones as the header says, for nothing in them transforms colours.
#pragma once

#include "codec/codecs.h"

namespace tessera::codec {

Result<Pixels> decode_jpeg(ByteView frame, const PixelLayout& header);

// Baseline: 8 bits, without sign, grey or colours; 4:2:2, as YBR_FULL_422 says.
Result<PixelLayout> jpeg_layout(const PixelLayout& decoded);
Result<ByteBuffer> encode_jpeg(const Pixels& pixels, const EncodeOptions& options);

}  // namespace tessera::codec
