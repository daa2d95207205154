// AreaScaler: shrinks a region given in blocks, in any order within a band of rows, bands from top to bottom, to a
// picture by the exact area filter: every pixel is the mean of the area that it covers. Used by archive/render, which
// feeds it the tiles of a level row by row. Holds only the rows of the picture that the band touches beside the
// picture itself.
//
// Fixed point, within one level of the real number for scales up to 1/1000 and blocks of 128 pixels or more (each edge
// of a block may add 1/32 of a level). One thread's at a time. Nothing fails: what does not fit is left away.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "codec/picture.h"

namespace tessera::codec {

class AreaScaler {
 public:
  // A region of source_width x source_height pixels becomes width x height, each at most the source's (more is taken
  // as that much). `fill`: value of pixels no block ever covers, gray in its first; pixels covered in part are averaged
  // with it by area.
  AreaScaler(std::uint32_t source_width, std::uint32_t source_height, std::uint32_t width, std::uint32_t height,
             std::uint16_t channels, std::array<std::uint8_t, 3> fill);

  // Pixels of `block` that lie at (x, y) of the region; x, y may be negative and the block may stick out: what lies
  // outside is left away, and so is a block of other channels than the picture's. Blocks of one band (all blocks
  // between two calls of end_band) must not overlap and may come in any order; no row above the last end_band() is
  // touched again.
  void add(const Picture& block, std::int64_t x, std::int64_t y);
  // All rows of the region above `y` are complete.
  void end_band(std::uint32_t y);
  // The rest; the scaler is done.
  Picture finish();

 private:
  // What of a block lies in the region, and where.
  struct Part {
    std::uint32_t left = 0, top = 0, width = 0, height = 0;  // in the block
    std::uint32_t x = 0, y = 0;                              // in the region
  };

  Part part_of(const Picture& block, std::int64_t x, std::int64_t y) const;
  void copy(const Picture& block, const Part& part);
  void shrink(const Picture& block, const Part& part);
  void add_row(std::uint32_t row, std::size_t first, const std::vector<std::uint32_t>& values, std::uint32_t weight);
  void write_rows(std::uint32_t end);

  const std::uint32_t source_width_, source_height_;
  std::uint32_t row_bits_ = 0;  // of a vertical weight of 1; what is left of 24 a row's values have behind the point
  const std::array<std::uint8_t, 3> fill_;
  Picture picture_;
  std::vector<std::uint32_t> blank_;             // a row of sums of the fill
  std::uint32_t first_row_ = 0;                  // of sums_; those above are written
  std::deque<std::vector<std::uint32_t>> sums_;  // of one row each; empty: nothing touched it
};

}  // namespace tessera::codec
