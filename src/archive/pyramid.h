// Pyramid: the instances of one slide as levels of tiles, for whoever wants a region of it at some size. Levels are
// what the caller may see, shows the same slide as the instance that was asked for (series, frame of reference,
// pyramid), and has a total pixel matrix; parts of a concatenation are one level.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "archive/display_facts.h"
#include "archive/locator.h"
#include "dicom/ids.h"

namespace tessera::archive {

// An instance and what its header says, kept together.
struct Shown {
  std::shared_ptr<const Located> located;
  std::shared_ptr<const DisplayFacts> facts;
};

// A tile, or what of it no other tile covers, at its place in the level's matrix.
struct PlacedTile {
  std::int64_t column = 0, row = 0;
  std::uint32_t width = 0, height = 0;
  const Shown* part = nullptr;
  dicom::FrameNumber number{1};
};

// Whole pixels of a level.
struct PixelRegion {
  std::int64_t column = 0, row = 0;
  std::uint32_t width = 0, height = 0;
};

class Level {
 public:
  explicit Level(Shown first) { parts_.push_back(std::move(first)); }

  const Shown& front() const { return parts_.front(); }
  std::uint32_t columns() const { return front().facts->matrix.columns; }
  std::uint32_t rows() const { return front().facts->matrix.rows; }

  // Whether that instance is another part of this level.
  bool takes(const Shown& part) const;
  void add(Shown part) { parts_.push_back(std::move(part)); }

  // The first tile of each place (of several focal planes and optical paths the first ones) that touches the region, in
  // bands from top to bottom: each call is one band, whose tiles do not overlap with each other or with other bands.
  // Sparse tiles that lie on no grid are cut where the next one, or the next band, begins. Stops at a failure.
  using Visit = std::function<Status(const std::vector<PlacedTile>&)>;
  Status each_band(const PixelRegion& region, const Visit& visit) const;

 private:
  Status each_full_band(const PixelRegion& region, const Visit& visit) const;
  Status each_sparse_band(const PixelRegion& region, const Visit& visit) const;

  std::vector<Shown> parts_;
};

// Whether both show the same slide.
bool same_slide(const DisplayFacts& a, const DisplayFacts& b);

// The smallest level with at least `columns` columns for the whole slide; the largest where none has.
const Level& best_level(const std::vector<Level>& levels, double columns);

}  // namespace tessera::archive
