// pyramid: which directories of a TIFF are smaller pictures of another, for formats that do not say it (generic
// TIFF, older OME-TIFF). Pure functions over an open file.
#pragma once

#include <cstdint>

#include "slide/tiff_file.h"

namespace tessera::slide {

struct PixelSize {
  std::uint64_t width = 0, height = 0;
};

// 0 x 0 where the tags are damaged: such a directory is no level.
PixelSize size_of(const TiffFile& file, const TiffDirectory& directory);

// Whether `small` is `base` made smaller: both sides by the same factor, give or take the rounding of repeated
// halving (below one pixel per step, two in all).
bool is_reduced(PixelSize base, PixelSize small);

// Whether the directory is a picture: a mask (bit 2 of NewSubfileType) is none.
bool is_picture(const TiffFile& file, const TiffDirectory& directory);

// Whether the directory can be a level of a pyramid whose base has that size: tiled, a picture and reduced.
bool is_level_of(PixelSize base, const TiffFile& file, const TiffDirectory& directory);

}  // namespace tessera::slide
