#include "convert/grain.h"

#include <algorithm>
#include <cmath>

#include "convert/noise.h"

namespace tessera::convert {

const Grain& Grain::shared() {
  static const Grain grain;
  return grain;
}

Grain::Grain() : fine_(texture(16, 2, 0.75F)), coarse_(texture(64, 8, 0.6F)) {}

std::vector<std::int8_t> Grain::texture(int longest, int shortest, float falling) {
  std::vector<std::int8_t> texture(static_cast<std::size_t>(kSide * kSide));
  for (std::int64_t y = 0; y < kSide; ++y) {
    for (std::int64_t x = 0; x < kSide; ++x) {
      float sum = 0;
      float height = 0.55F;
      for (int wavelength = longest; wavelength >= shortest; wavelength /= 2) {
        sum += height * gradient_noise((static_cast<double>(x) + 0.5) / wavelength,
                                       (static_cast<double>(y) + 0.5) / wavelength,
                                       static_cast<std::uint32_t>(wavelength), kSide / wavelength - 1);
        height *= falling;
      }
      texture[index(x, y)] = static_cast<std::int8_t>(std::lround(std::clamp(sum / kUnit, -127.0F, 127.0F)));
    }
  }
  return texture;
}

}  // namespace tessera::convert
