// Tissue: a synthetic H&E section as a function of place, for demonstrations and load tests: stroma of wavy
// fibres, glands with lumina and rows of nuclei, lymphocytes, fat, white glass around a ragged outline.
//
// Every pixel depends on the options alone, so any square may be drawn at any time, alone or beside its
// neighbours, with the same result. Immutable, safe from many threads. Nothing fails.
#pragma once

#include <cstdint>

#include "convert/landscape.h"
#include "convert/stain.h"

namespace tessera::convert {

class Tissue {
 public:
  // Squares begin at multiples of this and are multiples of it wide.
  static constexpr std::int64_t kGrid = 16;

  explicit Tissue(const TissueOptions& options);

  // Level-0 pixels (x, y) to (x + side, y + side) as RGB, row by row, with `square` (of that side) to work in.
  // The slide goes on beyond its size, as glass: that is what pads tiles.
  void draw(std::int64_t x, std::int64_t y, StainSquare& square, std::uint8_t* rgb) const;

 private:
  Landscape landscape_;
};

}  // namespace tessera::convert
