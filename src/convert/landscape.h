// Landscape: what grows where on a synthetic slide: how far inside the tissue a place is, where glands and
// fat are, how dense cells are, which way fibres run. Smooth functions of place; tissue draws by them.
//
// Immutable, safe from many threads. Places are pixels of level 0, sizes micrometres where they say so.
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::convert {

struct TissueOptions {
  std::uint64_t width = 0, height = 0;  // pixels
  std::uint64_t seed = 1;
  double micrometres_per_pixel = 0.25;
};

class Landscape {
 public:
  explicit Landscape(const TissueOptions& options);

  double pixels(double micrometres) const { return micrometres * per_micrometre_; }
  // One of many independent seeds.
  std::uint32_t seed(std::uint32_t use) const;

  float inside(double x, double y) const;      // pixels from the tissue's edge, negative on glass
  float epithelium(double x, double y) const;  // glands where positive
  float fat(double x, double y) const;         // fat where positive
  float crowding(double x, double y) const;    // inflammation where positive
  float tone(double x, double y) const;        // staining, stronger where positive
  double fibre(double x, double y) const;      // bundles of fibres, in periods

 private:
  double width_, height_, short_side_;
  double per_micrometre_;
  std::uint32_t seed_;
};

// The landscape around one square, on a grid and interpolated: it is smooth, and the functions are dear.
class LandscapeSquare {
 public:
  // `margin` pixels more on each side can be asked for; x, y and side must be multiples of grid_step().
  LandscapeSquare(const Landscape& landscape, std::int64_t x, std::int64_t y, std::int64_t side, std::int64_t margin);
  static std::int64_t grid_step(const Landscape& landscape);

  struct Place {
    float inside, fat, crowding, tone, fibre;  // fibre: less a whole number of periods
  };
  Place at(std::int64_t x, std::int64_t y) const;
  // `count` places along a row.
  void row(std::int64_t x, std::int64_t y, std::int64_t count, Place* places) const;
  bool all_glass() const { return all_glass_; }
  // Along the fibres: a unit vector.
  void along_fibres(std::int64_t x, std::int64_t y, float& dx, float& dy) const;

 private:
  const Place& node(std::int64_t column, std::int64_t row) const {
    return nodes_[static_cast<std::size_t>(row * columns_ + column)];
  }

  std::int64_t step_, left_, top_, columns_;
  bool all_glass_ = true;
  std::vector<Place> nodes_;
};

}  // namespace tessera::convert
