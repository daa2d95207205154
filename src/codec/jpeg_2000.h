// jpeg_2000: frames of JPEG 2000 (ITU T.800), bare codestreams or in the boxes of a JP2 file, and of
// HTJ2K (T.814), by OpenJPEG. Rows of the table in codec/codecs.cc; their promises are there.
//
// The component transform is undone: YBR_RCT and YBR_ICT come as RGB.
#pragma once

#include "codec/codecs.h"

namespace tessera::codec {

Result<Pixels> decode_jpeg_2000(ByteView frame, const PixelLayout& header);

// Lossless, up to 16 bits; RGB goes through the reversible transform and is YBR_RCT then.
Result<PixelLayout> jpeg_2000_layout(const PixelLayout& decoded);
Result<ByteBuffer> encode_jpeg_2000(const Pixels& pixels, const EncodeOptions& options);

// RGB where a JPEG 2000 header says YBR_RCT or YBR_ICT, else what it says.
Photometric without_component_transform(const PixelLayout& header);

// How often both sides can be halved before one is a pixel, up to 5.
int wavelet_levels(const PixelLayout& layout);

}  // namespace tessera::codec
