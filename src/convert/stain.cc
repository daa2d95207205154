#include "convert/stain.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tessera::convert {

namespace {

constexpr float kSteps = 200;  // per unit of amount
constexpr int kLevels = 256;

// Optical density per unit, for red, green and blue; glass transmits nearly all.
constexpr double kHaematoxylin[3] = {0.64, 0.74, 0.33};
constexpr double kEosin[3] = {0.07, 0.54, 0.23};
constexpr double kGlass[3] = {244, 243, 245};

using Colors = std::array<std::array<std::uint8_t, 4>, kLevels * kLevels>;

Colors make_colors() {
  Colors colors{};
  for (int h = 0; h < kLevels; ++h) {
    for (int e = 0; e < kLevels; ++e) {
      for (int c = 0; c < 3; ++c) {
        const double density = (h * kHaematoxylin[c] + e * kEosin[c]) / static_cast<double>(kSteps);
        colors[h * kLevels + e][c] = static_cast<std::uint8_t>(std::lround(kGlass[c] * std::pow(10.0, -density)));
      }
    }
  }
  return colors;
}

int level_of(float amount) {
  const float scaled = amount * kSteps + 0.5F;
  return scaled <= 0 ? 0 : scaled >= kLevels - 1 ? kLevels - 1 : static_cast<int>(scaled);
}

}  // namespace

StainSquare::StainSquare(std::uint32_t pixels)
    : side(pixels), haematoxylin(std::size_t{pixels} * pixels), eosin(std::size_t{pixels} * pixels) {}

void StainSquare::begin(std::int64_t left, std::int64_t top) {
  x = left;
  y = top;
  std::fill(haematoxylin.begin(), haematoxylin.end(), 0.0F);
  std::fill(eosin.begin(), eosin.end(), 0.0F);
}

void develop(const StainSquare& stain, std::uint8_t* rgb) {
  static const Colors colors = make_colors();
  const std::size_t pixels = stain.eosin.size();
  for (std::size_t i = 0; i < pixels; ++i) {
    const auto& color = colors[level_of(stain.haematoxylin[i]) * kLevels + level_of(stain.eosin[i])];
    rgb[3 * i] = color[0];
    rgb[3 * i + 1] = color[1];
    rgb[3 * i + 2] = color[2];
  }
}

}  // namespace tessera::convert
