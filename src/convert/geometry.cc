#include "convert/geometry.h"

#include <algorithm>
#include <cmath>

namespace tessera::convert {

Spacing level_spacing(const slide::Level& base, const slide::Level& level, Spacing base_spacing) {
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

}  // namespace tessera::convert
