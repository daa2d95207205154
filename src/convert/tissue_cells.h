// The things of a synthetic section that have a place: fat cells, glands and nuclei, each put onto the stain
// of a square where it reaches into it. Where they are is decided by their own place, never by the square's, so
// neighbouring squares agree. Used by tissue only; pure functions.
#pragma once

#include <vector>

#include "convert/landscape.h"
#include "convert/stain.h"

namespace tessera::convert {

struct Gland {
  double x, y;       // centre
  float radius;      // pixels
  float lumen;       // share of the radius
  float two, three;  // how far from round: the second and third harmonic
  float turn_two_x, turn_two_y, turn_three_x, turn_three_y;
  float secretion;  // eosin in the lumen
  std::uint32_t seed;

  // The distance from the centre as a share of the outline's in that direction; `outline` in pixels.
  float share(float dx, float dy, float& outline) const;
};

// Those that reach into the square.
std::vector<Gland> glands_near(const Landscape& landscape, const StainSquare& square);

void put_fat(const Landscape& landscape, StainSquare& square);
void put_glands(const Landscape& landscape, const std::vector<Gland>& glands, StainSquare& square);
// Nuclei of fibroblasts and lymphocytes, between the glands and the fat.
void put_stroma_nuclei(const Landscape& landscape, const LandscapeSquare& around, const std::vector<Gland>& glands,
                       StainSquare& square);
// How far a stroma nucleus reaches, in pixels.
std::int64_t nucleus_reach(const Landscape& landscape);

}  // namespace tessera::convert
