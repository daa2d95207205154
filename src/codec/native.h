// native: uncompressed frames (PS3.5 8.1.1 and annex D) and RLE (PS3.5 annex G), the two that no library decodes. Rows
// of the table in codec/codecs.cc; their promises are there.
#pragma once

#include "codec/pixels.h"

namespace tessera::codec {

// Little or big endian; 8-bit samples are taken byte by byte. One-bit pixels become bytes, YBR_FULL_422 of two samples
// a pixel becomes YBR_FULL.
Result<Pixels> decode_native_little(ByteView frame, const PixelLayout& header);
Result<Pixels> decode_native_big(ByteView frame, const PixelLayout& header);

// Samples of the other byte order, in place. `bits` allocated: 16, 32 or 64; others have no order.
void swap_samples(MutableBytes samples, unsigned bits);

// Segments are PackBits, one for each byte of each sample, the most significant first.
Result<Pixels> decode_rle(ByteView frame, const PixelLayout& header);

}  // namespace tessera::codec
