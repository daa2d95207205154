// ColorTable: what a colour transform does, sampled on a grid of 33 x 33 x 33, so that profiles from outside are read
// (by LittleCMS, in a worker) once and pixels are changed by code of our own. Used by archive/render.
//
// A table is bytes, little endian, to be handed from a worker and kept; nothing in them can lead out of them:
//   3 x 256 x u32           for each channel's levels: cell of the grid x 65536 + part of the cell, 1 being 32768
//   33 x 33 x 33 x 3 x i32  linear light of the target at each node, 1 being 2^20, not clipped; red is slowest
//   2 x 16384 x u8          linear light to levels: below 2^14 each, then every 64th
// Between two nodes both sides are linear light, so that a profile of matrix and curves is met within rounding, in the
// darks and beyond the gamut too. One of tables is met within 4 levels where its own nodes lie otherwise.
//
// Pure functions, safe from many threads.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/color_space.h"
#include "codec/picture.h"

namespace tessera::codec {

inline constexpr std::size_t kMaxProfileBytes = std::size_t{16} << 20;
inline constexpr std::size_t kColorTableBytes = 3 * 256 * 4 + 33 * 33 * 33 * 3 * 4 + 2 * 16384;

// The table of an input profile, kColorTableBytes. Perceptual where the profile has it, else relative colorimetric with
// black point compensation. Corrupt when the bytes are no profile, Unsupported when it is none of RGB pixels, TooLarge
// above kMaxProfileBytes. The library reads `icc`: bytes from outside belong into a worker.
Result<ByteBuffer> sample_profile(ByteView icc, ColorSpace to);

// In place, by tetrahedral interpolation. False, and nothing happens, where the table has not kColorTableBytes. Gray
// pictures are left as they are.
bool apply_color_table(Picture& picture, ByteView table);

}  // namespace tessera::codec
