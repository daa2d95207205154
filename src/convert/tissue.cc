#include "convert/tissue.h"

#include <cmath>

#include "convert/grain.h"
#include "convert/tissue_cells.h"

namespace tessera::convert {

namespace {

constexpr float kPeriods = 1 << 12;  // more than a square has: keeps the phase positive

// 0 between fibres, 1 in the middle of one.
float fibre_profile(float phase) {
  const float positive = phase + kPeriods;
  const float part = positive - static_cast<float>(static_cast<int>(positive));
  const float ramp = 1 - std::abs(2 * part - 1);
  return ramp * ramp * (3 - 2 * ramp);
}

void lay_stroma(const LandscapeSquare& around, StainSquare& square) {
  const Grain& texture = Grain::shared();
  std::vector<LandscapeSquare::Place> places(static_cast<std::size_t>(square.side));
  for (std::int64_t y = square.y; y < square.y + square.side; ++y) {
    around.row(square.x, y, square.side, places.data());
    float* eosin = &square.eosin[square.at(square.x, y)];
    float* haematoxylin = &square.haematoxylin[square.at(square.x, y)];
    for (std::int64_t i = 0; i < square.side; ++i) {
      const LandscapeSquare::Place& place = places[static_cast<std::size_t>(i)];
      const float fine = texture.fine(square.x + i, y);
      const float coarse = texture.coarse(square.x + i, y);
      const float bundle = fibre_profile(place.fibre + 0.45F * coarse);
      const float strand = fibre_profile(3 * place.fibre + 0.9F * coarse + 0.25F * fine);
      const float fibre = 0.55F * bundle + 0.45F * strand;
      const float loose = clamp01(0.55F - 2.4F * place.tone + 0.7F * place.fat);
      const float gap = clamp01((0.30F - fibre + 0.12F * fine + 0.30F * coarse) * 5) * loose;
      const float strength = 0.31F + 0.13F * (fibre - 0.5F) + 0.07F * fine + 0.06F * coarse;
      eosin[i] = strength * (1 + place.tone) * (1 - 0.85F * gap);
      haematoxylin[i] = 0.03F + 0.02F * fibre + 0.05F * clamp01(place.crowding) * (1 - gap);
    }
  }
}

// What lies beyond the edge is washed away; the edge itself takes more stain.
void cut_outline(const Landscape& landscape, const LandscapeSquare& around, StainSquare& square) {
  const Grain& texture = Grain::shared();
  const auto rim = static_cast<float>(1 / landscape.pixels(14));
  std::vector<LandscapeSquare::Place> places(static_cast<std::size_t>(square.side));
  for (std::int64_t y = square.y; y < square.y + square.side; ++y) {
    around.row(square.x, y, square.side, places.data());
    for (std::int64_t i = 0; i < square.side; ++i) {
      const std::size_t at = square.at(square.x + i, y);
      const float grain = texture.fine(square.x + i, y);
      const float inside = places[static_cast<std::size_t>(i)].inside;
      const float cover = clamp01(inside * 0.3F + 0.5F + 0.8F * grain);
      const float darker = 1 + 0.35F * clamp01(1 - inside * rim);
      square.eosin[at] = square.eosin[at] * cover * darker + 0.006F + 0.004F * grain;
      square.haematoxylin[at] = square.haematoxylin[at] * cover + 0.002F;
    }
  }
}

}  // namespace

Tissue::Tissue(const TissueOptions& options) : landscape_(options) {}

void Tissue::draw(std::int64_t x, std::int64_t y, StainSquare& square, std::uint8_t* rgb) const {
  square.begin(x, y);
  const LandscapeSquare around(landscape_, x, y, square.side, nucleus_reach(landscape_));
  if (!around.all_glass()) {
    const std::vector<Gland> glands = glands_near(landscape_, square);
    lay_stroma(around, square);
    put_fat(landscape_, square);
    put_glands(landscape_, glands, square);
    put_stroma_nuclei(landscape_, around, glands, square);
  }
  cut_outline(landscape_, around, square);
  develop(square, rgb);
}

}  // namespace tessera::convert
