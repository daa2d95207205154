// Stain: how much haematoxylin and eosin lies at each pixel of a square, and the colour that light has after
// it (Beer and Lambert: amounts add up, transmission multiplies). Used by tissue only; a StainSquare is one
// thread's.
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::convert {

// Amounts of 0 to 1.28; more is taken as that much.
struct StainSquare {
  explicit StainSquare(std::uint32_t pixels);
  // Another place on the slide, and no stain.
  void begin(std::int64_t left, std::int64_t top);

  std::int64_t x = 0, y = 0;               // of its first pixel on the slide
  std::int64_t side;                       // pixels
  std::vector<float> haematoxylin, eosin;  // row by row

  std::size_t at(std::int64_t slide_x, std::int64_t slide_y) const {
    return static_cast<std::size_t>((slide_y - y) * side + (slide_x - x));
  }
};

// Writes side x side RGB pixels: what a bright-field scanner sees.
void develop(const StainSquare& stain, std::uint8_t* rgb);

// Moves `amount` towards `goal` by `share` of the way.
inline void blend(float& amount, float goal, float share) {
  amount += (goal - amount) * share;
}
inline float clamp01(float value) {
  return value < 0 ? 0.0F : value > 1 ? 1.0F : value;
}

}  // namespace tessera::convert
