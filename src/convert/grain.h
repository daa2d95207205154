// Grain: two textures made once, for what is too fine to be worked out at every pixel. Each is about -1 to 1
// and repeats, unnoticed under everything else. Used by tissue only; safe from many threads.
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::convert {

class Grain {
 public:
  static const Grain& shared();

  // Features of 2 to 16 pixels.
  float fine(std::int64_t x, std::int64_t y) const { return fine_[index(x, y)] * kUnit; }
  // Features of 8 to 64 pixels.
  float coarse(std::int64_t x, std::int64_t y) const { return coarse_[index(x, y)] * kUnit; }

 private:
  static constexpr std::int64_t kSide = 512;
  static constexpr float kUnit = 1.0F / 100;

  Grain();
  static std::vector<std::int8_t> texture(int longest, int shortest, float falling);
  static std::size_t index(std::int64_t x, std::int64_t y) {
    return static_cast<std::size_t>((y & (kSide - 1)) * kSide + (x & (kSide - 1)));
  }

  std::vector<std::int8_t> fine_, coarse_;
};

}  // namespace tessera::convert
