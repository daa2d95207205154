#include "convert/noise.h"

#include <cmath>

namespace tessera::convert {

namespace {

struct Direction {
  float x, y;
};
// Sixteen directions around the circle; more are not told apart by eye.
constexpr Direction kDirections[16] = {
    {1.0F, 0.0F},  {0.92388F, 0.38268F},   {0.70711F, 0.70711F},   {0.38268F, 0.92388F},
    {0.0F, 1.0F},  {-0.38268F, 0.92388F},  {-0.70711F, 0.70711F},  {-0.92388F, 0.38268F},
    {-1.0F, 0.0F}, {-0.92388F, -0.38268F}, {-0.70711F, -0.70711F}, {-0.38268F, -0.92388F},
    {0.0F, -1.0F}, {0.38268F, -0.92388F},  {0.70711F, -0.70711F},  {0.92388F, -0.38268F},
};

float fade(float t) {
  return t * t * t * (t * (t * 6 - 15) + 10);
}

float corner(std::int64_t x, std::int64_t y, std::uint32_t seed, float dx, float dy) {
  const Direction& d = kDirections[hash_at(x, y, seed) >> 28];
  return d.x * dx + d.y * dy;
}

}  // namespace

std::uint32_t hash_at(std::int64_t x, std::int64_t y, std::uint32_t seed) {
  std::uint32_t h = static_cast<std::uint32_t>(x) * 0x9E3779B1U ^ static_cast<std::uint32_t>(y) * 0x85EBCA77U ^ seed;
  h ^= h >> 15;
  h *= 0x2C1B3C6DU;
  h ^= h >> 12;
  h *= 0x297A2D39U;
  return h ^ h >> 15;
}

float chance_at(std::int64_t x, std::int64_t y, std::uint32_t seed) {
  return static_cast<float>(hash_at(x, y, seed) >> 8) * (1.0F / (1 << 24));
}

float gradient_noise(double x, double y, std::uint32_t seed, std::int64_t wrap) {
  const auto ix = static_cast<std::int64_t>(std::floor(x));
  const auto iy = static_cast<std::int64_t>(std::floor(y));
  const auto dx = static_cast<float>(x - static_cast<double>(ix));
  const auto dy = static_cast<float>(y - static_cast<double>(iy));
  const float u = fade(dx);
  const std::int64_t left = ix & wrap;
  const std::int64_t right = (ix + 1) & wrap;
  const std::int64_t above = iy & wrap;
  const std::int64_t below = (iy + 1) & wrap;
  const float top = corner(left, above, seed, dx, dy) * (1 - u) + corner(right, above, seed, dx - 1, dy) * u;
  const float bottom = corner(left, below, seed, dx, dy - 1) * (1 - u) + corner(right, below, seed, dx - 1, dy - 1) * u;
  constexpr float kReach = 1.45F;  // brings the usual extremes near 1
  return (top + (bottom - top) * fade(dy)) * kReach;
}

float fractal_noise(double x, double y, double longest, double shortest, std::uint32_t seed) {
  float sum = 0;
  float height = 1;
  for (double wavelength = longest; wavelength >= shortest; wavelength /= 2) {
    sum += height * gradient_noise(x / wavelength, y / wavelength, seed);
    height /= 2;
    seed = seed * 747796405U + 2891336453U;
  }
  return sum;
}

}  // namespace tessera::convert
