// geometry: how large a pixel of each image is. Of levels and thumbnails: base spacing times a whole factor where
// there is one (wsi-dicom §1b), so that levels stay isotropic and viewers see exact ratios. Of label and overview
// what the source states, else an estimate from the size of a slide: viewers fail without any. Pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "slide/slide_source.h"

namespace tessera::convert {

struct Spacing {
  double x = 0, y = 0;  // mm per pixel
};

// Spacing of `level` when level 0 is `base` with `base_spacing`. Where the level's size is what a whole
// factor predicts, within a pixel or half a percent on both sides, it is base times that factor; else the
// slide's extent divided by the level's size.
Spacing level_spacing(const slide::Image& base, const slide::Image& level, Spacing base_spacing);

// Standard slides are 75 x 25 mm (ISO 8037-1), and labels cover the end of one.
inline constexpr double kSlideLengthMm = 75;
inline constexpr double kLabelLengthMm = 25;

struct Geometry {
  Spacing spacing;
  bool estimated = false;  // the longer side of an overview taken as kSlideLengthMm, of a label as kLabelLengthMm
  double width_mm = 0, height_mm = 0;  // of what is imaged; of levels and thumbnail always that of level 0
};

// Of one of `images`, whose first is level 0.
Geometry geometry_of(const std::vector<slide::Image>& images, std::size_t image, Spacing base_spacing);

}  // namespace tessera::convert
