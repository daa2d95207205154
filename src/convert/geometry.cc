#include "convert/geometry.h"

#include <algorithm>
#include <cmath>

namespace tessera::convert {

Spacing level_spacing(const slide::Image& base, const slide::Image& level, Spacing base_spacing) {
  const double across = static_cast<double>(base.width) / level.width;
  const double down = static_cast<double>(base.height) / level.height;
  // The longer side tells the factor best: rounding to whole pixels weighs least there.
  const double factor = std::round(base.width >= base.height ? across : down);
  const auto fits = [&](double ratio, std::uint32_t whole, std::uint32_t part) {
    return std::abs(ratio - factor) < 0.005 * factor || std::abs(whole / factor - part) < 1.0;
  };
  if (factor >= 1 && fits(across, base.width, level.width) && fits(down, base.height, level.height)) {
    return {base_spacing.x * factor, base_spacing.y * factor};
  }
  return {base_spacing.x * across, base_spacing.y * down};
}

Geometry geometry_of(const std::vector<slide::Image>& images, std::size_t image, Spacing base_spacing) {
  const slide::Image& base = images[0];
  const slide::Image& here = images[image];
  const bool of_slide = here.flavor == slide::ImageFlavor::Label || here.flavor == slide::ImageFlavor::Overview;
  if (!of_slide) {
    return {level_spacing(base, here, base_spacing), false, base.width * base_spacing.x, base.height * base_spacing.y};
  }
  Geometry geometry;
  if (here.mm_per_pixel_x && here.mm_per_pixel_y) {
    geometry.spacing = {*here.mm_per_pixel_x, *here.mm_per_pixel_y};
  } else {
    const double length = here.flavor == slide::ImageFlavor::Label ? kLabelLengthMm : kSlideLengthMm;
    geometry.spacing.x = geometry.spacing.y = length / std::max(here.width, here.height);
    geometry.estimated = true;
  }
  geometry.width_mm = here.width * geometry.spacing.x;
  geometry.height_mm = here.height * geometry.spacing.y;
  return geometry;
}

}  // namespace tessera::convert
