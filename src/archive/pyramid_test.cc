#include "archive/pyramid.h"

#include <gtest/gtest.h>

namespace tessera::archive {
namespace {

// A level of tiles of 10 × 10; `frames` of them from `first` on.
Shown shown(std::uint32_t columns, std::uint32_t rows, std::uint32_t frames, std::vector<TilePosition> sparse = {},
            std::uint32_t first = 0) {
  auto facts = std::make_shared<DisplayFacts>();
  facts->tile_columns = facts->tile_rows = 10;
  facts->matrix.columns = columns;
  facts->matrix.rows = rows;
  facts->matrix.full = sparse.empty();
  facts->matrix.positions = std::move(sparse);
  facts->first_frame = first;
  facts->concatenation = "2.25.1";
  auto located = std::make_shared<Located>();
  located->row.frames = frames;
  return {std::move(located), std::move(facts)};
}

std::vector<std::vector<PlacedTile>> bands(const Level& level, const PixelRegion& region) {
  std::vector<std::vector<PlacedTile>> all;
  const Status status = level.each_band(region, [&](const std::vector<PlacedTile>& band) {
    all.push_back(band);
    return Status();
  });
  EXPECT_TRUE(status.ok());
  return all;
}

std::vector<std::uint32_t> numbers(const std::vector<std::vector<PlacedTile>>& bands) {
  std::vector<std::uint32_t> found;
  for (const auto& band : bands) {
    for (const PlacedTile& tile : band) {
      found.push_back(tile.number.value);
    }
  }
  return found;
}

TEST(Level, a_full_one_has_its_frames_row_by_row_and_gives_those_that_are_touched) {
  const Level level(shown(35, 22, 12));  // 4 × 3 tiles
  EXPECT_EQ(numbers(bands(level, {0, 0, 35, 22})).size(), 12u);
  EXPECT_EQ(numbers(bands(level, {10, 10, 10, 10})), (std::vector<std::uint32_t>{6}));
  EXPECT_EQ(numbers(bands(level, {9, 9, 2, 2})), (std::vector<std::uint32_t>{1, 2, 5, 6}));
  EXPECT_EQ(bands(level, {0, 0, 35, 22}).size(), 3u);
}

TEST(Level, of_several_planes_the_first_is_shown) {
  const Level level(shown(20, 20, 8));  // 2 × 2 tiles, twice
  EXPECT_EQ(numbers(bands(level, {0, 0, 20, 20})), (std::vector<std::uint32_t>{1, 2, 3, 4}));
}

TEST(Level, parts_of_a_concatenation_give_their_own_frames) {
  Level level(shown(20, 20, 3));
  ASSERT_TRUE(level.takes(shown(20, 20, 1, {}, 3)));
  level.add(shown(20, 20, 1, {}, 3));
  const auto all = bands(level, {0, 0, 20, 20});
  EXPECT_EQ(numbers(all), (std::vector<std::uint32_t>{1, 2, 3, 1}));
  EXPECT_NE(all[1][0].part, all[1][1].part);
  EXPECT_FALSE(level.takes(shown(40, 20, 1))) << "another size is another level";
}

TEST(Level, frames_that_are_missing_leave_a_gap) {
  EXPECT_EQ(numbers(bands(Level(shown(20, 20, 2)), {0, 0, 20, 20})), (std::vector<std::uint32_t>{1, 2}));
}

TEST(Level, sparse_tiles_lie_where_they_say_and_the_first_at_a_place_counts) {
  const Level level(shown(30, 30, 4, {{20, 20}, {0, 0}, {0, 0}, {-5, 20}}));
  EXPECT_EQ(numbers(bands(level, {0, 0, 30, 30})), (std::vector<std::uint32_t>{2, 4, 1}));
  EXPECT_EQ(numbers(bands(level, {21, 21, 5, 5})), (std::vector<std::uint32_t>{1}));
}

TEST(Level, sparse_tiles_that_overlap_are_cut_so_that_no_pixel_comes_twice) {
  const Level level(shown(30, 30, 3, {{0, 0}, {6, 0}, {0, 4}}));
  const auto all = bands(level, {0, 0, 30, 30});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0][0].width, 6u);
  EXPECT_EQ(all[0][0].height, 4u);
  EXPECT_EQ(all[0][1].width, 10u);
  EXPECT_EQ(all[1][0].height, 10u);
}

TEST(Level, the_best_is_the_smallest_that_has_enough) {
  std::vector<Level> levels;
  for (const std::uint32_t columns : {1000u, 4000u, 250u}) {
    levels.emplace_back(shown(columns, columns, 1));
  }
  EXPECT_EQ(best_level(levels, 800).columns(), 1000u);
  EXPECT_EQ(best_level(levels, 1002).columns(), 1000u) << "sizes are rounded when a pyramid is made";
  EXPECT_EQ(best_level(levels, 1100).columns(), 4000u);
  EXPECT_EQ(best_level(levels, 9000).columns(), 4000u);
  EXPECT_EQ(best_level(levels, 1).columns(), 250u);
}

}  // namespace
}  // namespace tessera::archive
