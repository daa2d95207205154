// geometry: how large a pixel of each level is (wsi-dicom §1b: base spacing times a whole factor where there
// is one, so that levels stay isotropic and viewers see exact ratios). Pure functions.
#pragma once

#include "slide/slide_source.h"

namespace tessera::convert {

struct Spacing {
  double x = 0, y = 0;  // mm per pixel
};

// Spacing of `level` when level 0 is `base` with `base_spacing`. Where the level's size is what a whole
// factor predicts, within a pixel or half a percent on both sides, it is base times that factor; else the
// slide's extent divided by the level's size.
Spacing level_spacing(const slide::Level& base, const slide::Level& level, Spacing base_spacing);

}  // namespace tessera::convert
