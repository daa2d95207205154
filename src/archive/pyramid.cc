#include "archive/pyramid.h"

#include <algorithm>
#include <cmath>

namespace tessera::archive {

namespace {

// How much less than asked for a level may have: sizes are rounded when a pyramid is made.
constexpr double kRounding = 0.995;

struct Sparse {
  TilePosition place;
  const Shown* part = nullptr;
  std::uint32_t frame = 0;  // from 0
};

}  // namespace

bool Level::takes(const Shown& part) const {
  const DisplayFacts& mine = *front().facts;
  const DisplayFacts& other = *part.facts;
  return !mine.concatenation.empty() && mine.concatenation == other.concatenation &&
         mine.matrix.columns == other.matrix.columns && mine.matrix.rows == other.matrix.rows &&
         mine.matrix.full == other.matrix.full && mine.tile_rows == other.tile_rows &&
         mine.tile_columns == other.tile_columns;
}

Status Level::each_band(const PixelRegion& region, const Visit& visit) const {
  return front().facts->matrix.full ? each_full_band(region, visit) : each_sparse_band(region, visit);
}

// PS3.3 C.7.6.17.3: row by row from the top left; the first focal plane of the first optical path comes first.
Status Level::each_full_band(const PixelRegion& region, const Visit& visit) const {
  const std::int64_t tile_width = front().facts->tile_columns;
  const std::int64_t tile_height = front().facts->tile_rows;
  const std::int64_t across = (std::int64_t{columns()} + tile_width - 1) / tile_width;
  const std::int64_t down = (std::int64_t{rows()} + tile_height - 1) / tile_height;
  const std::int64_t first_row = std::clamp<std::int64_t>(region.row / tile_height, 0, down);
  const std::int64_t last_row =
      std::clamp<std::int64_t>((region.row + region.height + tile_height - 1) / tile_height, 0, down);
  const std::int64_t first = std::clamp<std::int64_t>(region.column / tile_width, 0, across);
  const std::int64_t last =
      std::clamp<std::int64_t>((region.column + region.width + tile_width - 1) / tile_width, 0, across);
  std::vector<PlacedTile> band;
  for (std::int64_t y = first_row; y < last_row; ++y) {
    band.clear();
    for (std::int64_t x = first; x < last; ++x) {
      const std::int64_t frame = y * across + x;
      for (const Shown& part : parts_) {
        const std::int64_t within = frame - part.facts->first_frame;
        if (within >= 0 && within < part.located->row.frames) {
          band.push_back({x * tile_width, y * tile_height, static_cast<std::uint32_t>(tile_width),
                          static_cast<std::uint32_t>(tile_height), &part,
                          dicom::FrameNumber{static_cast<std::uint32_t>(within + 1)}});
          break;
        }
      }
    }
    RETURN_IF_ERROR(visit(band));
  }
  return {};
}

// Tiles may lie anywhere: those that begin in the same row are a band, cut where the next tile or band begins.
Status Level::each_sparse_band(const PixelRegion& region, const Visit& visit) const {
  const std::int64_t tile_width = front().facts->tile_columns;
  const std::int64_t tile_height = front().facts->tile_rows;
  std::vector<Sparse> touched;
  for (const Shown& part : parts_) {
    const auto& positions = part.facts->matrix.positions;
    const std::size_t known = std::min<std::size_t>(positions.size(), part.located->row.frames);
    for (std::size_t frame = 0; frame < known; ++frame) {
      const TilePosition& at = positions[frame];
      if (at.column < region.column + region.width && at.column + tile_width > region.column &&
          at.row < region.row + region.height && at.row + tile_height > region.row) {
        touched.push_back({at, &part, static_cast<std::uint32_t>(frame)});
      }
    }
  }
  std::stable_sort(touched.begin(), touched.end(), [](const Sparse& a, const Sparse& b) {
    return std::pair(a.place.row, a.place.column) < std::pair(b.place.row, b.place.column);
  });
  std::vector<PlacedTile> band;
  for (std::size_t at = 0; at < touched.size();) {
    const std::int64_t top = touched[at].place.row;
    std::size_t end = at;
    while (end < touched.size() && touched[end].place.row == top) {
      ++end;
    }
    const std::int64_t bottom =
        end < touched.size() ? std::min(top + tile_height, touched[end].place.row) : top + tile_height;
    band.clear();
    for (; at < end; ++at) {
      const TilePosition& place = touched[at].place;
      if (!band.empty() && band.back().column == place.column) {
        continue;  // another plane or path
      }
      if (!band.empty()) {
        PlacedTile& before = band.back();
        before.width = static_cast<std::uint32_t>(std::min(tile_width, place.column - before.column));
      }
      band.push_back({place.column, place.row, static_cast<std::uint32_t>(tile_width),
                      static_cast<std::uint32_t>(bottom - top), touched[at].part,
                      dicom::FrameNumber{touched[at].frame + 1}});
    }
    RETURN_IF_ERROR(visit(band));
  }
  return {};
}

bool same_slide(const DisplayFacts& a, const DisplayFacts& b) {
  return a.matrix.is_there() && b.matrix.is_there() && a.frame_of_reference == b.frame_of_reference &&
         (a.pyramid.empty() || b.pyramid.empty() || a.pyramid == b.pyramid);
}

const Level& best_level(const std::vector<Level>& levels, double columns) {
  const Level* best = nullptr;
  for (const Level& level : levels) {
    const bool enough = level.columns() >= columns * kRounding;
    const bool best_is_enough = best != nullptr && best->columns() >= columns * kRounding;
    if (best == nullptr || (enough && (!best_is_enough || level.columns() < best->columns())) ||
        (!enough && !best_is_enough && level.columns() > best->columns())) {
      best = &level;
    }
  }
  return *best;
}

}  // namespace tessera::archive
