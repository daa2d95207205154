#include "convert/landscape.h"

#include <algorithm>
#include <cmath>

#include "convert/noise.h"

namespace tessera::convert {

namespace {

// Uses of seeds.
enum Use : std::uint32_t { kEdge = 1, kCrack, kCrackWhere, kEpithelium, kFat, kCrowding, kTone, kFibre };

LandscapeSquare::Place mixed(const LandscapeSquare::Place& a, const LandscapeSquare::Place& b, float t) {
  return {a.inside + (b.inside - a.inside) * t, a.fat + (b.fat - a.fat) * t, a.crowding + (b.crowding - a.crowding) * t,
          a.tone + (b.tone - a.tone) * t, a.fibre + (b.fibre - a.fibre) * t};
}

}  // namespace

Landscape::Landscape(const TissueOptions& options)
    : width_(static_cast<double>(options.width)),
      height_(static_cast<double>(options.height)),
      short_side_(std::min(width_, height_)),
      per_micrometre_(1 / options.micrometres_per_pixel),
      seed_(hash_at(static_cast<std::int64_t>(options.seed & 0xFFFFFFFF), static_cast<std::int64_t>(options.seed >> 32),
                    0x7E55E7A)) {}

std::uint32_t Landscape::seed(std::uint32_t use) const {
  return hash_at(use, 0, seed_);
}

// An oval with a ragged outline, and cracks such as cutting and drying leave.
float Landscape::inside(double x, double y) const {
  constexpr double kRadius = 0.42;  // of each side
  const double u = (x - width_ / 2) / (kRadius * width_);
  const double v = (y - height_ / 2) / (kRadius * height_);
  // Far out nothing reaches: the section ends before the slide does.
  const double far_out = std::max(0.0, std::max(std::abs(u), std::abs(v)) - 0.95);
  const double ragged = -4 * far_out + 0.36 * fractal_noise(x, y, 0.55 * short_side_, pixels(12), seed(kEdge));
  auto edge = static_cast<float>((1 - std::hypot(u, v) + ragged) * kRadius * short_side_);
  const float opened = gradient_noise(x / pixels(1900), y / pixels(1900), seed(kCrackWhere)) - 0.25F;
  if (opened > 0 && edge > 0) {
    const float away = std::abs(fractal_noise(x, y, pixels(800), pixels(40), seed(kCrack)));
    edge = std::min(edge, static_cast<float>(away * pixels(260) - opened * pixels(45)));
  }
  return edge;
}

float Landscape::epithelium(double x, double y) const {
  return fractal_noise(x, y, std::max(0.3 * short_side_, pixels(500)), pixels(120), seed(kEpithelium)) + 0.12F;
}

float Landscape::fat(double x, double y) const {
  return fractal_noise(x, y, std::max(0.4 * short_side_, pixels(900)), pixels(100), seed(kFat)) - 0.45F;
}

float Landscape::crowding(double x, double y) const {
  return fractal_noise(x, y, pixels(700), pixels(80), seed(kCrowding)) - 0.1F;
}

float Landscape::tone(double x, double y) const {
  return 0.16F * fractal_noise(x, y, std::max(0.5 * short_side_, pixels(300)), pixels(60), seed(kTone));
}

double Landscape::fibre(double x, double y) const {
  const double straight = (0.83 * x + 0.56 * y) / pixels(15);
  return straight + 15.0 * fractal_noise(x, y, pixels(520), pixels(30), seed(kFibre));
}

std::int64_t LandscapeSquare::grid_step(const Landscape& landscape) {
  std::int64_t step = 2;
  while (step < 16 && static_cast<double>(step * 2) <= landscape.pixels(2)) {
    step *= 2;
  }
  return step;
}

LandscapeSquare::LandscapeSquare(const Landscape& landscape, std::int64_t x, std::int64_t y, std::int64_t side,
                                 std::int64_t margin)
    : step_(grid_step(landscape)) {
  const std::int64_t around = (margin + step_ - 1) / step_ * step_ + step_;
  left_ = x - around;
  top_ = y - around;
  columns_ = (side + 2 * around) / step_ + 1;
  nodes_.resize(static_cast<std::size_t>(columns_ * columns_));
  // Only parts of periods matter, and only they fit a float on a large slide.
  const double whole_periods = std::floor(landscape.fibre(static_cast<double>(x), static_cast<double>(y)));
  for (std::int64_t row = 0; row < columns_; ++row) {
    for (std::int64_t column = 0; column < columns_; ++column) {
      const auto px = static_cast<double>(left_ + column * step_);
      const auto py = static_cast<double>(top_ + row * step_);
      Place& place = nodes_[static_cast<std::size_t>(row * columns_ + column)];
      place.inside = landscape.inside(px, py);
      if (place.inside > -2.0F * static_cast<float>(step_)) {
        all_glass_ = false;
        place.fat = landscape.fat(px, py);
        place.crowding = landscape.crowding(px, py);
        place.tone = landscape.tone(px, py);
        place.fibre = static_cast<float>(landscape.fibre(px, py) - whole_periods);
      }
    }
  }
}

LandscapeSquare::Place LandscapeSquare::at(std::int64_t x, std::int64_t y) const {
  Place place;
  row(x, y, 1, &place);
  return place;
}

void LandscapeSquare::row(std::int64_t x, std::int64_t y, std::int64_t count, Place* places) const {
  const std::int64_t above = (y - top_) / step_;
  const float down = static_cast<float>((y - top_) % step_) / static_cast<float>(step_);
  for (std::int64_t i = 0; i < count;) {
    const std::int64_t column = (x + i - left_) / step_;
    const std::int64_t first = (x + i - left_) % step_;
    const Place from = mixed(node(column, above), node(column, above + 1), down);
    const Place to = mixed(node(column + 1, above), node(column + 1, above + 1), down);
    for (std::int64_t k = first; k < step_ && i < count; ++k, ++i) {
      places[i] = mixed(from, to, static_cast<float>(k) / static_cast<float>(step_));
    }
  }
}

void LandscapeSquare::along_fibres(std::int64_t x, std::int64_t y, float& dx, float& dy) const {
  const std::int64_t column = (x - left_) / step_;
  const std::int64_t row = (y - top_) / step_;
  const float across_x = node(column + 1, row).fibre - node(column, row).fibre;
  const float across_y = node(column, row + 1).fibre - node(column, row).fibre;
  const float length = std::max(std::hypot(across_x, across_y), 1e-6F);
  dx = -across_y / length;
  dy = across_x / length;
}

}  // namespace tessera::convert
