// Noise: smooth random functions of place and seed, the same wherever and in whatever order they are asked.
// Used by tissue only. Pure functions.
#pragma once

#include <cstdint>

namespace tessera::convert {

// A number that depends on the three and looks random.
std::uint32_t hash_at(std::int64_t x, std::int64_t y, std::uint32_t seed);
// hash_at as a number within [0, 1).
float chance_at(std::int64_t x, std::int64_t y, std::uint32_t seed);

// Gradient noise of wavelength 1: within about -1 to 1, 0 at whole numbers. It repeats after `wrap` + 1 when
// that is a power of two, and never as it stands.
float gradient_noise(double x, double y, std::uint32_t seed, std::int64_t wrap = -1);

// Octaves of gradient noise: wavelengths from `longest` down to `shortest`, each half as long and half as
// high as the one before; x, y and wavelengths in one unit. The first octave has height 1.
float fractal_noise(double x, double y, double longest, double shortest, std::uint32_t seed);

}  // namespace tessera::convert
