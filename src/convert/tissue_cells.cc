#include "convert/tissue_cells.h"

#include <algorithm>
#include <cmath>

#include "convert/grain.h"
#include "convert/noise.h"

namespace tessera::convert {

namespace {

// Uses of seeds, above those of the landscape.
enum Use : std::uint32_t { kGlands = 100, kFatCells, kStromaNuclei };

constexpr double kGlandPitch = 128;  // micrometres
constexpr double kGlandReach = 90;   // centre to the farthest of outline and nuclei
constexpr double kFatPitch = 64;
constexpr double kNucleusPitch = 13;
constexpr double kNucleusReach = 8;
constexpr float kTwoPi = 6.2831853F;

// The cells of a jittered grid whose things may reach into a square.
struct GridSpan {
  std::int64_t first_x, first_y, last_x, last_y;
};
GridSpan cells_near(const StainSquare& square, double pitch, double reach) {
  const auto cell = [pitch](double at) { return static_cast<std::int64_t>(std::floor(at / pitch)); };
  const auto x = static_cast<double>(square.x);
  const auto y = static_cast<double>(square.y);
  const auto side = static_cast<double>(square.side);
  return {cell(x - reach) - 1, cell(y - reach) - 1, cell(x + side + reach) + 1, cell(y + side + reach) + 1};
}

struct Point {
  double x, y;
};
Point jittered(std::int64_t cell_x, std::int64_t cell_y, double pitch, double jitter, std::uint32_t seed) {
  return {(static_cast<double>(cell_x) + 0.5 + jitter * (chance_at(cell_x, cell_y, seed) - 0.5)) * pitch,
          (static_cast<double>(cell_y) + 0.5 + jitter * (chance_at(cell_x, cell_y, seed + 1) - 0.5)) * pitch};
}

// The part of a square that a box around a point covers.
struct Box {
  std::int64_t left, top, right, bottom;  // right and bottom are beyond it
};
Box box_around(const StainSquare& square, Point centre, double reach) {
  const auto low = [](double at, std::int64_t least) {
    return std::max(least, static_cast<std::int64_t>(std::floor(at)));
  };
  const auto high = [](double at, std::int64_t most) {
    return std::min(most, static_cast<std::int64_t>(std::ceil(at)) + 1);
  };
  return {low(centre.x - reach, square.x), low(centre.y - reach, square.y),
          high(centre.x + reach, square.x + square.side), high(centre.y + reach, square.y + square.side)};
}

struct Nucleus {
  Point centre;
  float along_x, along_y;  // unit vector of the long axis
  float length, width;     // half axes in pixels
  float depth;             // haematoxylin
  float rim;               // how much of it lies in the membrane
};

void put_nucleus(const Nucleus& nucleus, StainSquare& square) {
  const Box box = box_around(square, nucleus.centre, nucleus.length + 2);
  const float softness = std::max(nucleus.width * 0.5F, 0.6F);
  const Grain& grain = Grain::shared();
  // Each nucleus has its own stretch of the texture.
  const auto shift = static_cast<std::int64_t>(nucleus.depth * 100000);
  for (std::int64_t y = box.top; y < box.bottom; ++y) {
    for (std::int64_t x = box.left; x < box.right; ++x) {
      const auto dx = static_cast<float>(static_cast<double>(x) - nucleus.centre.x);
      const auto dy = static_cast<float>(static_cast<double>(y) - nucleus.centre.y);
      const float u = (dx * nucleus.along_x + dy * nucleus.along_y) / nucleus.length;
      const float v = (dy * nucleus.along_x - dx * nucleus.along_y) / nucleus.width;
      const float away = (u * u + v * v) * (1 + 0.28F * grain.coarse(x * 2 + shift, y * 2));
      if (away > 1.6F) {
        continue;
      }
      const float cover = clamp01((1 - away) * softness + 0.5F);
      const float membrane = nucleus.rim * clamp01(1 - std::abs(away - 0.8F) * 3);
      const std::size_t at = square.at(x, y);
      blend(square.haematoxylin[at], nucleus.depth * (1 + membrane + 0.34F * grain.fine(x + shift, y)), cover);
      blend(square.eosin[at], 0.17F, cover * 0.8F);
    }
  }
}

bool has_fat(const Landscape& landscape, Point centre, std::int64_t cell_x, std::int64_t cell_y) {
  return landscape.fat(centre.x, centre.y) > 0.12F * chance_at(cell_x, cell_y, landscape.seed(kFatCells) + 2) &&
         landscape.inside(centre.x, centre.y) > landscape.pixels(20);
}

// The fat cells around one, itself left out.
std::vector<Point> fat_neighbours(const Landscape& landscape, std::int64_t cell_x, std::int64_t cell_y, double pitch) {
  std::vector<Point> neighbours;
  for (std::int64_t y = cell_y - 1; y <= cell_y + 1; ++y) {
    for (std::int64_t x = cell_x - 1; x <= cell_x + 1; ++x) {
      if (x != cell_x || y != cell_y) {
        neighbours.push_back(jittered(x, y, pitch, 0.75, landscape.seed(kFatCells)));
      }
    }
  }
  return neighbours;
}

// An empty round cell, flattened where it meets its neighbours; a thin wall stays between them.
void put_fat_cell(Point centre, const std::vector<Point>& neighbours, float radius, float wall, StainSquare& square) {
  const Box box = box_around(square, centre, radius);
  for (std::int64_t y = box.top; y < box.bottom; ++y) {
    for (std::int64_t x = box.left; x < box.right; ++x) {
      const auto dx = static_cast<float>(static_cast<double>(x) - centre.x);
      const auto dy = static_cast<float>(static_cast<double>(y) - centre.y);
      float within = radius - std::sqrt(dx * dx + dy * dy);
      for (const Point& other : neighbours) {
        const auto ox = static_cast<float>(other.x - centre.x);
        const auto oy = static_cast<float>(other.y - centre.y);
        const float length = std::sqrt(ox * ox + oy * oy);
        within = std::min(within, length / 2 - (dx * ox + dy * oy) / length - wall);
      }
      // Corners are rounded by a soft threshold, walls keep a little stain.
      const float empty = clamp01(within * 0.45F + 0.5F);
      const std::size_t at = square.at(x, y);
      blend(square.eosin[at], 0.015F, empty);
      blend(square.haematoxylin[at], 0.004F, empty);
    }
  }
}

Gland make_gland(Point centre, const Landscape& landscape, std::int64_t cell_x, std::int64_t cell_y) {
  const std::uint32_t seed = hash_at(cell_x, cell_y, landscape.seed(kGlands) + 7);
  const auto chance = [seed](int use) { return chance_at(use, 0, seed); };
  Gland gland{};
  gland.x = centre.x;
  gland.y = centre.y;
  gland.seed = seed;
  gland.radius = static_cast<float>(landscape.pixels(36 + 22 * chance(0)));
  gland.lumen = 0.22F + 0.32F * chance(1);
  gland.two = 0.20F * chance(2);
  gland.three = 0.13F * chance(3);
  gland.turn_two_x = std::cos(kTwoPi * chance(4));
  gland.turn_two_y = std::sin(kTwoPi * chance(4));
  gland.turn_three_x = std::cos(kTwoPi * chance(5));
  gland.turn_three_y = std::sin(kTwoPi * chance(5));
  gland.secretion = chance(6) < 0.35F ? 0.16F : 0.015F;
  return gland;
}

void put_epithelium(const Gland& gland, StainSquare& square) {
  const Box box = box_around(square, {gland.x, gland.y}, gland.radius * 1.5);
  const Grain& texture = Grain::shared();
  for (std::int64_t y = box.top; y < box.bottom; ++y) {
    for (std::int64_t x = box.left; x < box.right; ++x) {
      float outline = 0;
      const float share = gland.share(static_cast<float>(static_cast<double>(x) - gland.x),
                                      static_cast<float>(static_cast<double>(y) - gland.y), outline);
      if (share > 1.2F) {
        continue;
      }
      const std::size_t at = square.at(x, y);
      const float grain = texture.fine(x, y);
      const float coarse = texture.coarse(x, y);
      const float membrane = clamp01(1 - std::abs(share - 1.04F) * 14);  // fibres packed around the gland
      square.eosin[at] += 0.16F * membrane;
      const float cover = clamp01((1 - share) * outline * 0.5F + 0.5F);
      blend(square.eosin[at], 0.24F + 0.08F * share + 0.07F * grain + 0.05F * coarse, cover);
      blend(square.haematoxylin[at], 0.09F + 0.10F * share + 0.05F * grain, cover);
      const float open = clamp01((gland.lumen + 0.05F * coarse - share) * outline * 0.3F + 0.5F);
      blend(square.eosin[at], gland.secretion + 0.03F * coarse * gland.secretion * 8, open);
      blend(square.haematoxylin[at], 0.005F, open);
    }
  }
}

// Two staggered rows of long nuclei, feet on the basement membrane.
void put_epithelial_nuclei(const Landscape& landscape, const Gland& gland, StainSquare& square) {
  const auto pixels = [&](double micrometres) { return static_cast<float>(landscape.pixels(micrometres)); };
  const int count = std::max(6, static_cast<int>(kTwoPi * gland.radius * 0.8F / pixels(5.6)));
  for (int i = 0; i < count; ++i) {
    const auto chance = [&](int use) { return chance_at(i, use, gland.seed); };
    const float angle = kTwoPi * (static_cast<float>(i) + 0.6F * chance(1)) / static_cast<float>(count);
    const float dx = std::cos(angle);
    const float dy = std::sin(angle);
    float outline = 0;
    (void)gland.share(dx, dy, outline);
    const float depth_in_wall = i % 2 == 0 ? 0.74F : 0.5F;
    const float away = outline * (gland.lumen + (1 - gland.lumen) * (depth_in_wall + 0.14F * (chance(2) - 0.5F)));
    const float lean = 0.5F * (chance(3) - 0.5F);
    put_nucleus({.centre = {gland.x + dx * away, gland.y + dy * away},
                 .along_x = dx * std::cos(lean) - dy * std::sin(lean),
                 .along_y = dy * std::cos(lean) + dx * std::sin(lean),
                 .length = pixels(4.0 + 1.8 * chance(4)),
                 .width = pixels(2.5 + 0.8 * chance(5)),
                 .depth = 0.42F + 0.18F * chance(6),
                 .rim = 0.35F},
                square);
  }
}

// Whether a place belongs to a gland and not to the stroma around it.
bool in_gland(const std::vector<Gland>& glands, Point at) {
  return std::any_of(glands.begin(), glands.end(), [&](const Gland& gland) {
    float outline = 0;
    return gland.share(static_cast<float>(at.x - gland.x), static_cast<float>(at.y - gland.y), outline) < 1.08F;
  });
}

Nucleus stroma_nucleus(const Landscape& landscape, const LandscapeSquare& around, Point centre, float crowding,
                       std::uint32_t seed) {
  const auto pixels = [&](double micrometres) { return static_cast<float>(landscape.pixels(micrometres)); };
  const auto chance = [seed](int use) { return chance_at(use, 1, seed); };
  Nucleus nucleus{};
  nucleus.centre = centre;
  if (chance(0) < 0.25F + crowding) {  // a lymphocyte: small, round, dark
    nucleus.along_x = 1;
    nucleus.along_y = 0;
    nucleus.length = pixels(2.9 + 0.8 * chance(1));
    nucleus.width = nucleus.length * (0.85F + 0.15F * chance(2));
    nucleus.depth = 0.66F + 0.14F * chance(3);
    return nucleus;
  }
  around.along_fibres(static_cast<std::int64_t>(centre.x), static_cast<std::int64_t>(centre.y), nucleus.along_x,
                      nucleus.along_y);  // a fibroblast: a spindle along its fibre
  nucleus.length = pixels(4.6 + 2.6 * chance(1));
  nucleus.width = pixels(1.2 + 0.9 * chance(2));
  nucleus.depth = 0.45F + 0.2F * chance(3);
  nucleus.rim = 0.2F;
  return nucleus;
}

}  // namespace

float Gland::share(float dx, float dy, float& outline) const {
  const float away = std::sqrt(dx * dx + dy * dy) + 1e-3F;
  const float c = dx / away;
  const float s = dy / away;
  const float cos_two = c * c - s * s;
  const float sin_two = 2 * c * s;
  const float cos_three = cos_two * c - sin_two * s;
  const float sin_three = sin_two * c + cos_two * s;
  outline = radius * (1 + two * (cos_two * turn_two_x + sin_two * turn_two_y) +
                      three * (cos_three * turn_three_x + sin_three * turn_three_y));
  return away / outline;
}

std::vector<Gland> glands_near(const Landscape& landscape, const StainSquare& square) {
  const double pitch = landscape.pixels(kGlandPitch);
  const GridSpan span = cells_near(square, pitch, landscape.pixels(kGlandReach) + pitch / 2);
  std::vector<Gland> glands;
  for (std::int64_t y = span.first_y; y <= span.last_y; ++y) {
    for (std::int64_t x = span.first_x; x <= span.last_x; ++x) {
      Point centre = jittered(x, y, pitch, 0.62, landscape.seed(kGlands));
      centre.x += y % 2 == 0 ? 0 : pitch / 2;
      const float wanted = 0.25F * chance_at(x, y, landscape.seed(kGlands) + 2);
      if (landscape.epithelium(centre.x, centre.y) > wanted && landscape.fat(centre.x, centre.y) < -0.1F) {
        glands.push_back(make_gland(centre, landscape, x, y));
      }
    }
  }
  return glands;
}

void put_glands(const Landscape& landscape, const std::vector<Gland>& glands, StainSquare& square) {
  for (const Gland& gland : glands) {
    put_epithelium(gland, square);
    put_epithelial_nuclei(landscape, gland, square);
  }
}

void put_fat(const Landscape& landscape, StainSquare& square) {
  const double pitch = landscape.pixels(kFatPitch);
  const double reach = pitch * 0.62;
  const GridSpan span = cells_near(square, pitch, reach);
  for (std::int64_t y = span.first_y; y <= span.last_y; ++y) {
    for (std::int64_t x = span.first_x; x <= span.last_x; ++x) {
      const Point centre = jittered(x, y, pitch, 0.75, landscape.seed(kFatCells));
      if (has_fat(landscape, centre, x, y)) {
        put_fat_cell(centre, fat_neighbours(landscape, x, y, pitch), static_cast<float>(reach),
                     static_cast<float>(landscape.pixels(0.8)), square);
      }
    }
  }
}

void put_stroma_nuclei(const Landscape& landscape, const LandscapeSquare& around, const std::vector<Gland>& glands,
                       StainSquare& square) {
  const double pitch = landscape.pixels(kNucleusPitch);
  const auto reach = static_cast<double>(nucleus_reach(landscape));
  const GridSpan span = cells_near(square, pitch, reach);
  const std::uint32_t seed = landscape.seed(kStromaNuclei);
  for (std::int64_t y = span.first_y; y <= span.last_y; ++y) {
    for (std::int64_t x = span.first_x; x <= span.last_x; ++x) {
      const Point centre = jittered(x, y, pitch, 0.9, seed);
      const Box box = box_around(square, centre, reach);
      if (box.left >= box.right || box.top >= box.bottom) {
        continue;
      }
      const auto place =
          around.at(static_cast<std::int64_t>(std::floor(centre.x)), static_cast<std::int64_t>(std::floor(centre.y)));
      const float crowding = clamp01(place.crowding * 1.6F);
      if (chance_at(x, y, seed + 2) < 0.24F + 0.7F * crowding && place.fat < -0.12F &&
          place.inside > landscape.pixels(3) && !in_gland(glands, centre)) {
        put_nucleus(stroma_nucleus(landscape, around, centre, crowding, hash_at(x, y, seed + 3)), square);
      }
    }
  }
}

std::int64_t nucleus_reach(const Landscape& landscape) {
  return static_cast<std::int64_t>(std::ceil(landscape.pixels(kNucleusReach))) + 2;
}

}  // namespace tessera::convert
