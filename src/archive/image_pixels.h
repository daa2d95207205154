// ImagePixels: what an instance's header says of its pixels, read from the stored file when a frame is decoded first.
// Only what stands before group 0030 is read: in a slide, a few kilobytes.
#pragma once

#include "archive/locator.h"
#include "codec/pixels.h"

namespace tessera::archive {

struct ImagePixels {
  codec::PixelLayout layout;
  bool is_float = false;       // FloatPixelData, DoubleFloatPixelData: no codec takes them
  bool swapped_words = false;  // 8-bit samples of a big-endian OW: two by two the wrong way round (PS3.5 annex D)
};

// Corrupt naming what the header lacks: Rows, Columns, BitsAllocated. Blocks.
Result<ImagePixels> read_image_pixels(const Located& located);

}  // namespace tessera::archive
