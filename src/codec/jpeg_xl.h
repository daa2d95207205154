// jpeg_xl: frames of JPEG XL (ISO 18181), by libjxl, and the way between JPEG and JPEG XL that gives every byte of the
// JPEG back. Rows of the table in codec/codecs.cc; their promises are there.
#pragma once

#include "codec/codecs.h"

namespace tessera::codec {

// Colours come as RGB, whatever the stream keeps them as.
Result<Pixels> decode_jpeg_xl(ByteView frame, const PixelLayout& header);

// A baseline or progressive 8-bit JPEG, packed; Unsupported for one that libjxl cannot give back.
Result<ByteBuffer> recompress_jpeg(ByteView jpeg);
// The JPEG that was packed, of at most `limit` bytes; Unsupported for a JPEG XL that was made of none.
Result<ByteBuffer> reconstruct_jpeg(ByteView frame, std::uint64_t limit);

}  // namespace tessera::codec
