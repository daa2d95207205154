#include "codec/area_scaler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tessera::codec {
namespace {

constexpr std::array<std::uint8_t, 3> kFill = {255, 200, 10};

class Random {
 public:
  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>((state_ >> 33) % limit);
  }

 private:
  std::uint64_t state_ = 42;
};

Picture noise(std::uint32_t width, std::uint32_t height, std::uint16_t channels) {
  Picture picture{width, height, channels, ByteBuffer(std::size_t{width} * height * channels)};
  Random random;
  for (std::uint8_t& byte : picture.bytes) {
    byte = static_cast<std::uint8_t>(random.below(256));
  }
  return picture;
}

Picture cut(const Picture& from, std::uint32_t x, std::uint32_t y, std::uint32_t side) {
  Picture block{std::min(side, from.width - x), std::min(side, from.height - y), from.channels, {}};
  for (std::uint32_t row = 0; row < block.height; ++row) {
    const std::uint8_t* begin = from.bytes.data() + (y + row) * from.row_bytes() + std::size_t{x} * from.channels;
    block.bytes.insert(block.bytes.end(), begin, begin + block.row_bytes());
  }
  return block;
}

// The mean of the area of each pixel, one by one in doubles.
class Reference {
 public:
  Reference(const Picture& source, std::uint32_t width, std::uint32_t height)
      : source_(source), width_(width), height_(height) {}

  double at(std::uint32_t x, std::uint32_t y, std::uint32_t channel) const {
    const double left = 1.0 * source_.width * x / width_, right = 1.0 * source_.width * (x + 1) / width_;
    const double top = 1.0 * source_.height * y / height_, bottom = 1.0 * source_.height * (y + 1) / height_;
    double sum = 0;
    for (auto row = static_cast<std::uint32_t>(top); row < bottom - 1e-9; ++row) {
      const double tall = std::min(bottom, row + 1.0) - std::max(top, 1.0 * row);
      for (auto column = static_cast<std::uint32_t>(left); column < right - 1e-9; ++column) {
        const double wide = std::min(right, column + 1.0) - std::max(left, 1.0 * column);
        sum += tall * wide * source_.bytes[row * source_.row_bytes() + column * source_.channels + channel];
      }
    }
    return sum / ((right - left) * (bottom - top));
  }

 private:
  const Picture& source_;
  std::uint32_t width_, height_;
};

double largest_error(const Picture& picture, const Reference& reference) {
  double largest = 0;
  for (std::uint32_t y = 0; y < picture.height; ++y) {
    for (std::uint32_t x = 0; x < picture.width; ++x) {
      for (std::uint32_t channel = 0; channel < picture.channels; ++channel) {
        const double value = picture.bytes[y * picture.row_bytes() + x * picture.channels + channel];
        largest = std::max(largest, std::abs(value - reference.at(x, y, channel)));
      }
    }
  }
  return largest;
}

// In blocks of that side; in each band those of odd number first, from right to left.
Picture scaled(const Picture& source, std::uint32_t width, std::uint32_t height, std::uint32_t side) {
  AreaScaler scaler(source.width, source.height, width, height, source.channels, kFill);
  for (std::uint32_t y = 0; y < source.height; y += side) {
    std::vector<std::uint32_t> places;
    for (std::uint32_t x = 0; x < source.width; x += side) {
      places.insert(x / side % 2 == 1 ? places.begin() : places.end(), x);
    }
    for (const std::uint32_t x : places) {
      scaler.add(cut(source, x, y, side), x, y);
    }
    scaler.end_band(y + side);
  }
  return scaler.finish();
}

TEST(AreaScaler, meets_doubles_within_one_level_at_any_scale) {
  struct Case {
    std::uint32_t width, height, to_width, to_height, side;
  };
  for (const auto& [width, height, to_width, to_height, side] : {Case{300, 200, 200, 133, 64},
                                                                 {300, 200, 299, 199, 64},
                                                                 {257, 129, 128, 64, 100},
                                                                 {640, 480, 7, 5, 128},
                                                                 {97, 61, 97, 30, 16},
                                                                 {97, 61, 48, 61, 16},
                                                                 {1000, 700, 1, 1, 256},
                                                                 {13, 11, 12, 1, 4}}) {
    for (const std::uint16_t channels : {std::uint16_t{1}, std::uint16_t{3}}) {
      const Picture source = noise(width, height, channels);
      const Picture picture = scaled(source, to_width, to_height, side);
      ASSERT_EQ(picture.bytes.size(), std::size_t{to_width} * to_height * channels);
      EXPECT_LE(largest_error(picture, Reference(source, to_width, to_height)), 0.6)
          << width << " x " << height << " to " << to_width << " x " << to_height << " x " << channels;
    }
  }
}

TEST(AreaScaler, meets_doubles_where_a_thousand_rows_of_black_and_white_make_one) {
  for (const auto& [width, height] : {std::pair{3u, 3001u}, {3001u, 3u}, {31u, 2017u}}) {
    Picture source{width, height, 1, {}};
    for (std::uint32_t at = 0; at < width * height; ++at) {
      source.bytes.push_back((at % width + at / width) % 2 == 0 ? 255 : 0);
    }
    const std::uint32_t to_width = std::max(width / 1000, 1u), to_height = std::max(height / 1000, 1u);
    const Picture picture = scaled(source, to_width, to_height, 128);
    EXPECT_LE(largest_error(picture, Reference(source, to_width, to_height)), 1) << width << " x " << height;
  }
}

TEST(AreaScaler, black_and_white_stay_so_on_any_ground) {
  for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{255}}) {
    for (const std::uint8_t ground : {std::uint8_t{0}, std::uint8_t{127}, std::uint8_t{255}}) {
      const Picture block{10, 10, 1, ByteBuffer(100, value)};
      AreaScaler scaler(1000, 90, 333, 31, 1, {ground, 0, 0});
      for (std::uint32_t y = 0; y < 90; y += 10) {
        for (std::uint32_t x = 0; x < 1000; x += 10) {
          scaler.add(block, x, y);
        }
        scaler.end_band(y + 10);
      }
      EXPECT_EQ(scaler.finish().bytes, ByteBuffer(std::size_t{333} * 31, value)) << int{ground};
    }
  }
}

TEST(AreaScaler, the_same_size_is_the_same_picture) {
  const Picture source = noise(100, 70, 3);
  EXPECT_EQ(scaled(source, 100, 70, 32).bytes, source.bytes);
}

TEST(AreaScaler, what_no_block_covers_has_the_fill) {
  for (const std::uint32_t to : {20u, 13u}) {
    AreaScaler scaler(20, 20, to, to, 3, kFill);
    scaler.end_band(9);
    const Picture picture = scaler.finish();
    ASSERT_EQ(picture.bytes.size(), std::size_t{to} * to * 3);
    for (std::size_t at = 0; at < picture.bytes.size(); ++at) {
      ASSERT_EQ(picture.bytes[at], kFill[at % 3]);
    }
  }
}

TEST(AreaScaler, what_is_covered_in_part_is_averaged_with_the_fill_by_area) {
  AreaScaler scaler(8, 8, 2, 2, 3, kFill);
  // A quarter of the first pixel, half of the second, none of the others.
  scaler.add({2, 2, 3, ByteBuffer(12, 55)}, 1, 1);
  scaler.add({2, 4, 3, ByteBuffer(24, 55)}, 4, 0);
  const Picture picture = scaler.finish();
  EXPECT_EQ(picture.bytes, (ByteBuffer{205, 164, 21, 155, 128, 33, 255, 200, 10, 255, 200, 10}));
}

TEST(AreaScaler, what_sticks_out_is_left_away) {
  const Picture whole = noise(96, 96, 3);
  for (const std::uint32_t to : {50u, 31u}) {
    Picture inner = cut(whole, 17, 23, 50);
    AreaScaler scaler(50, 50, to, to, 3, kFill);
    for (std::int64_t y = 0; y < 96; y += 32) {
      for (std::int64_t x = 0; x < 96; x += 32) {
        scaler.add(cut(whole, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 32), x - 17, y - 23);
      }
      scaler.end_band(static_cast<std::uint32_t>(y + 32 - 23));
    }
    EXPECT_LE(largest_error(scaler.finish(), Reference(inner, to, to)), 0.6);
  }
}

TEST(AreaScaler, a_block_far_away_or_of_other_channels_changes_nothing) {
  AreaScaler scaler(20, 20, 10, 10, 1, {7, 0, 0});
  const Picture block = noise(20, 20, 1);
  for (const std::int64_t far : {INT64_MIN, std::int64_t{-20}, std::int64_t{20}, INT64_MAX}) {
    scaler.add(block, far, 0);
    scaler.add(block, 0, far);
  }
  scaler.add(noise(20, 20, 3), 0, 0);
  scaler.add({20, 20, 1, ByteBuffer(399)}, 0, 0);
  EXPECT_EQ(scaler.finish().bytes, ByteBuffer(100, 7));
}

TEST(AreaScaler, rows_above_the_last_band_are_not_touched_again) {
  for (const std::uint32_t to : {30u, 20u}) {
    const Picture source = noise(30, 30, 1);
    AreaScaler scaler(30, 30, to, to, 1, {7, 0, 0});
    scaler.add(source, 0, 0);
    scaler.end_band(30);
    scaler.add(Picture{30, 30, 1, ByteBuffer(900, 99)}, 0, 0);
    EXPECT_LE(largest_error(scaler.finish(), Reference(source, to, to)), 0.6);
  }
}

TEST(AreaScaler, a_band_may_end_within_a_pixel) {
  const Picture source = noise(40, 100, 3);
  for (const std::uint32_t side : {1u, 3u, 7u}) {
    EXPECT_LE(largest_error(scaled(source, 40, 9, side), Reference(source, 40, 9)), 0.6) << side;
  }
}

TEST(AreaScaler, more_than_the_source_is_taken_as_that_much) {
  const Picture source = noise(5, 4, 3);
  const Picture picture = scaled(source, 50, 40, 8);
  EXPECT_EQ(picture.width, 5u);
  EXPECT_EQ(picture.height, 4u);
  EXPECT_EQ(picture.bytes, source.bytes);
}

TEST(AreaScaler, sides_of_a_slide_of_two_to_the_31_are_met) {
  constexpr std::uint32_t kSide = std::uint32_t{1} << 31;
  AreaScaler scaler(kSide, kSide, 2, 2, 1, {100, 0, 0});
  // A block that is nothing beside the slide, at its far corner, and one at the middle.
  scaler.add(noise(16, 16, 1), kSide / 2 - 8, 0);
  scaler.add(noise(16, 16, 1), kSide - 16, kSide - 16);
  EXPECT_EQ(scaler.finish().bytes, ByteBuffer(4, 100));
}

TEST(AreaScaler, no_size_is_no_picture) {
  AreaScaler scaler(0, 0, 0, 0, 3, kFill);
  scaler.add(noise(4, 4, 3), 0, 0);
  scaler.end_band(4);
  EXPECT_TRUE(scaler.finish().bytes.empty());
}

}  // namespace
}  // namespace tessera::codec
