// htj2k: pixels to High-Throughput JPEG 2000 (ITU T.814), by OpenJPH. A row of the table in codec/codecs.cc; its
// promises are there. The way back is decode_jpeg_2000(): OpenJPH 0.9 is faster, but believes what a COD segment says
// of levels and blocks, and asks for 48 GiB before it reads one.
#pragma once

#include "codec/codecs.h"

namespace tessera::codec {

// Lossless, as jpeg_2000_layout() has it.
Result<ByteBuffer> encode_htj2k(const Pixels& pixels, const EncodeOptions& options);

}  // namespace tessera::codec
