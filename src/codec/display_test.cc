#include "codec/display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace tessera::codec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PixelLayout layout_of(std::uint16_t allocated, std::uint16_t stored, Photometric photometric,
                      std::uint16_t samples = 1) {
  PixelLayout layout;
  layout.rows = 1;
  layout.samples = samples;
  layout.bits_allocated = allocated;
  layout.bits_stored = stored;
  layout.high_bit = static_cast<std::uint16_t>(stored - 1);
  layout.photometric = photometric;
  return layout;
}

// One row of those numbers.
Pixels row_of(PixelLayout layout, const std::vector<std::int64_t>& values) {
  layout.columns = static_cast<std::uint32_t>(values.size() / layout.samples);
  Pixels pixels{layout, {}};
  for (const std::int64_t value : values) {
    for (std::size_t byte = 0; byte < layout.sample_bytes(); ++byte) {
      pixels.bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * byte)));
    }
  }
  return pixels;
}

Pixels signed_row(std::uint16_t allocated, std::uint16_t stored, const std::vector<std::int64_t>& values) {
  PixelLayout layout = layout_of(allocated, stored, Photometric::Monochrome2);
  layout.is_signed = true;
  return row_of(layout, values);
}

ByteBuffer shown(const Pixels& pixels, const DisplayRules& rules) {
  const auto picture = to_picture(pixels, rules);
  EXPECT_TRUE(picture.ok()) << picture.status().message();
  return picture.ok() ? picture->bytes : ByteBuffer();
}

DisplayRules windowed(double center, double width, WindowFunction function = WindowFunction::Linear) {
  DisplayRules rules;
  rules.window = Window{center, width, function};
  return rules;
}

// The examples of PS3.3 C.11.2.1.2.1, for an output of 0 to 255.
TEST(Display, the_examples_of_the_standard_for_a_linear_window_hold) {
  const Pixels whole = row_of(layout_of(16, 12, Photometric::Monochrome2), {0, 1, 1024, 2047, 2048, 4094, 4095});
  const auto at = [](double value) { return static_cast<std::uint8_t>(((value - 2047.5) / 4095 + 0.5) * 255 + 0.5); };
  EXPECT_THAT(shown(whole, windowed(2048, 4096)), ElementsAre(0, at(1), at(1024), at(2047), at(2048), at(4094), 255));
  EXPECT_EQ(at(1024), 64);
  EXPECT_EQ(at(2047), 127);
  EXPECT_EQ(at(2048), 128);
  EXPECT_THAT(shown(whole, windowed(2048, 1)), ElementsAre(0, 0, 0, 0, 255, 255, 255));

  const Pixels around = signed_row(16, 16, {-51, -50, -49, -1, 0, 1, 48, 49, 50});
  const auto near = [](double value) { return static_cast<std::uint8_t>(((value + 0.5) / 99 + 0.5) * 255 + 0.5); };
  EXPECT_THAT(shown(around, windowed(0, 100)),
              ElementsAre(0, 0, near(-49), near(-1), near(0), near(1), near(48), 255, 255));
  EXPECT_EQ(near(-1), 126);
  EXPECT_EQ(near(0), 129);
  EXPECT_THAT(shown(around, windowed(0, 1)), ElementsAre(0, 0, 0, 0, 255, 255, 255, 255, 255));
}

// PS3.3 C.11.2.1.3.2: c 0, w 100: (x / 100 + 0.5), with -50 and 50 at the ends.
TEST(Display, an_exact_linear_window_ends_at_half_its_width) {
  const Pixels pixels = signed_row(16, 16, {-51, -50, -49, -25, 0, 25, 50, 51});
  EXPECT_THAT(shown(pixels, windowed(0, 100, WindowFunction::LinearExact)),
              ElementsAre(0, 0, 3, 64, 128, 191, 255, 255));
  EXPECT_THAT(shown(pixels, windowed(-25, 0.5, WindowFunction::LinearExact)),
              ElementsAre(0, 0, 0, 128, 255, 255, 255, 255));
}

// PS3.3 C.11.2.1.3.1: 255 / (1 + exp(-4 (x - c) / w)).
TEST(Display, a_sigmoid_window_is_the_formula) {
  std::vector<std::int64_t> values;
  for (int value = 0; value < 4096; value += 13) {
    values.push_back(value);
  }
  const Pixels pixels = row_of(layout_of(16, 12, Photometric::Monochrome2), values);
  const ByteBuffer levels = shown(pixels, windowed(2048, 1000, WindowFunction::Sigmoid));
  ASSERT_EQ(levels.size(), values.size());
  for (std::size_t at = 0; at < values.size(); ++at) {
    const double expected = 255 / (1 + std::exp(-4 * (static_cast<double>(values[at]) - 2048) / 1000));
    EXPECT_NEAR(levels[at], expected, 0.5 + 1e-9) << values[at];
  }
}

TEST(Display, slope_and_intercept_come_before_the_window) {
  DisplayRules rules = windowed(40, 400);  // of Hounsfield units
  rules.intercept = -1024;
  const Pixels pixels = row_of(layout_of(16, 12, Photometric::Monochrome2), {0, 864, 865, 1064, 1263, 1264, 4095});
  EXPECT_THAT(shown(pixels, rules), ElementsAre(0, 0, 1, 128, 255, 255, 255));
  rules.slope = 2;
  EXPECT_THAT(shown(row_of(pixels.layout, {432, 532, 632}), rules), ElementsAre(0, 128, 255));
}

TEST(Display, a_frame_without_window_is_stretched_to_its_own_range) {
  const Pixels pixels = row_of(layout_of(16, 16, Photometric::Monochrome2), {1000, 1100, 1200});
  EXPECT_THAT(shown(pixels, {}), ElementsAre(0, 128, 255));
  EXPECT_THAT(shown(signed_row(16, 12, {-100, 0, 100}), {}), ElementsAre(0, 128, 255));
  DisplayRules falling;
  falling.slope = -1;
  EXPECT_THAT(shown(pixels, falling), ElementsAre(255, 128, 0));
}

TEST(Display, the_full_range_is_that_of_the_stored_bits) {
  DisplayRules rules;
  rules.full_range = true;
  EXPECT_THAT(shown(row_of(layout_of(8, 8, Photometric::Monochrome2), {0, 7, 200, 255}), rules),
              ElementsAre(0, 7, 200, 255));
  EXPECT_THAT(shown(row_of(layout_of(16, 12, Photometric::Monochrome2), {0, 2048, 4095}), rules),
              ElementsAre(0, 128, 255));
  EXPECT_THAT(shown(signed_row(16, 12, {-2048, 0, 2047}), rules), ElementsAre(0, 128, 255));
  EXPECT_THAT(shown(row_of(layout_of(8, 1, Photometric::Monochrome2), {0, 1}), rules), ElementsAre(0, 255));
}

TEST(Display, a_frame_of_one_value_is_shown_as_in_the_full_range) {
  EXPECT_THAT(shown(row_of(layout_of(8, 8, Photometric::Monochrome2), {200, 200}), {}), ElementsAre(200, 200));
}

TEST(Display, monochrome1_is_inverted_after_the_window) {
  EXPECT_THAT(shown(row_of(layout_of(8, 8, Photometric::Monochrome1), {0, 100, 127, 128, 200}), windowed(128, 101)),
              ElementsAre(255, 198, 129, 126, 0));
}

TEST(Display, what_lies_beside_the_stored_bits_is_not_shown) {
  PixelLayout layout = layout_of(16, 12, Photometric::Monochrome2);
  DisplayRules rules;
  rules.full_range = true;
  EXPECT_THAT(shown(row_of(layout, {0xF800, 0x0FFF}), rules), ElementsAre(128, 255));
  layout.high_bit = 15;
  EXPECT_THAT(shown(row_of(layout, {0x800F, 0xFFF0, 0x000F}), rules), ElementsAre(128, 255, 0));
}

TEST(Display, values_of_32_bits_are_shown_signed_and_unsigned) {
  EXPECT_THAT(shown(row_of(layout_of(32, 32, Photometric::Monochrome2), {0, 0x80000000, 0xFFFFFFFF}), {}),
              ElementsAre(0, 128, 255));
  EXPECT_THAT(shown(signed_row(32, 32, {INT32_MIN, 0, INT32_MAX}), {}), ElementsAre(0, 128, 255));
  EXPECT_THAT(shown(signed_row(32, 24, {-1000, 0, 1000}), windowed(0, 2001)), ElementsAre(0, 128, 255));
}

TEST(Display, rgb_is_shown_as_it_is) {
  EXPECT_THAT(shown(row_of(layout_of(8, 8, Photometric::Rgb, 3), {1, 2, 3, 253, 254, 255}), {}),
              ElementsAre(1, 2, 3, 253, 254, 255));
}

TEST(Display, rgb_of_more_bits_keeps_the_high_ones) {
  EXPECT_THAT(shown(row_of(layout_of(16, 16, Photometric::Rgb, 3), {0x12FF, 0x8000, 0xFFFF}), {}),
              ElementsAre(0x12, 0x80, 0xFF));
  EXPECT_THAT(shown(row_of(layout_of(16, 10, Photometric::Rgb, 3), {0x3FF, 0x200, 3}), {}), ElementsAre(255, 128, 0));
  EXPECT_THAT(shown(row_of(layout_of(8, 4, Photometric::Rgb, 3), {15, 8, 0}), {}), ElementsAre(255, 136, 0));
}

TEST(Display, full_ybr_becomes_rgb) {
  const ByteBuffer rgb = shown(row_of(layout_of(8, 8, Photometric::YbrFull, 3), {76, 85, 255, 128, 128, 128}), {});
  ASSERT_EQ(rgb.size(), 6u);
  EXPECT_NEAR(rgb[0], 254, 1);
  EXPECT_NEAR(rgb[1], 0, 1);
  EXPECT_NEAR(rgb[2], 0, 1);
  EXPECT_EQ(rgb[3], 128);
}

TEST(Display, a_palette_gives_its_colours_and_its_ends_beyond_them) {
  DisplayRules rules;
  rules.palette = std::make_shared<Palette>();
  EXPECT_EQ(to_picture(row_of(layout_of(8, 8, Photometric::PaletteColor), {0}), rules).status().code(), Code::Corrupt);
  Palette palette;
  palette.first = 10;
  palette.red = {1, 2, 3};
  palette.green = {4, 5, 6};
  palette.blue = {7, 8, 9};
  rules.palette = std::make_shared<Palette>(palette);
  EXPECT_THAT(shown(row_of(layout_of(16, 16, Photometric::PaletteColor), {0, 10, 11, 12, 65535}), rules),
              ElementsAre(1, 4, 7, 1, 4, 7, 2, 5, 8, 3, 6, 9, 3, 6, 9));
  palette.first = -1;
  rules.palette = std::make_shared<Palette>(palette);
  Pixels pixels = signed_row(16, 16, {-2, -1, 0, 1, 2});
  pixels.layout.photometric = Photometric::PaletteColor;
  EXPECT_THAT(shown(pixels, rules), ElementsAre(1, 4, 7, 1, 4, 7, 2, 5, 8, 3, 6, 9, 3, 6, 9));
}

TEST(Display, a_palette_image_without_tables_is_corrupt_and_names_them) {
  const auto picture = to_picture(row_of(layout_of(8, 8, Photometric::PaletteColor), {0}), {});
  EXPECT_EQ(picture.status().code(), Code::Corrupt);
  EXPECT_THAT(std::string(picture.status().message()), HasSubstr("(0028,1201)"));
}

TEST(Display, what_is_not_shown_is_unsupported_by_name) {
  for (const Photometric photometric : {Photometric::YbrPartial420, Photometric::YbrIct, Photometric::Xyb}) {
    const auto picture = to_picture(row_of(layout_of(8, 8, photometric, 3), {1, 2, 3}), {});
    EXPECT_EQ(picture.status().code(), Code::Unsupported);
    EXPECT_THAT(std::string(picture.status().message()), HasSubstr(std::string(photometric_name(photometric))));
  }
  EXPECT_EQ(to_picture(row_of(layout_of(16, 16, Photometric::YbrFull, 3), {1, 2, 3}), {}).status().code(),
            Code::Unsupported);
  EXPECT_EQ(to_picture(row_of(layout_of(8, 8, Photometric::Other), {1}), {}).status().code(), Code::Unsupported);
}

TEST(Display, pixels_that_contradict_their_layout_are_corrupt) {
  const auto code = [](const Pixels& pixels) { return to_picture(pixels, {}).status().code(); };
  Pixels cut = row_of(layout_of(8, 8, Photometric::Monochrome2), {1, 2, 3});
  cut.bytes.pop_back();
  EXPECT_EQ(code(cut), Code::Corrupt);
  EXPECT_EQ(code(row_of(layout_of(8, 8, Photometric::Monochrome2, 3), {1, 2, 3})), Code::Corrupt);
  EXPECT_EQ(code(row_of(layout_of(8, 8, Photometric::PaletteColor, 3), {1, 2, 3})), Code::Corrupt);
  EXPECT_EQ(code(row_of(layout_of(8, 8, Photometric::Rgb), {1, 2, 3})), Code::Corrupt);
  EXPECT_EQ(code(row_of(layout_of(8, 8, Photometric::YbrFull), {1, 2, 3})), Code::Corrupt);
  EXPECT_EQ(code(Pixels{}), Code::Corrupt);
}

TEST(Display, windows_that_the_standard_does_not_have_are_refused) {
  const Pixels pixels = row_of(layout_of(8, 8, Photometric::Monochrome2), {1, 2, 3});
  const auto code = [&](const DisplayRules& rules) { return to_picture(pixels, rules).status().code(); };
  EXPECT_EQ(code(windowed(0, 0.5)), Code::InvalidArgument);
  EXPECT_EQ(code(windowed(0, 0, WindowFunction::LinearExact)), Code::InvalidArgument);
  EXPECT_EQ(code(windowed(0, -1, WindowFunction::Sigmoid)), Code::InvalidArgument);
  EXPECT_EQ(code(windowed(std::nan(""), 10)), Code::InvalidArgument);
  EXPECT_EQ(code(windowed(0, std::numeric_limits<double>::infinity())), Code::InvalidArgument);
  DisplayRules rules;
  rules.slope = std::nan("");
  EXPECT_EQ(code(rules), Code::Corrupt);
}

TEST(Display, numbers_beyond_all_sense_give_a_picture_all_the_same) {
  const Pixels pixels = row_of(layout_of(8, 8, Photometric::Monochrome2), {0, 100, 255});
  for (const double slope : {1e308, -1e308, 1e-320, 0.0}) {
    for (const double intercept : {1e308, -1e308, 0.0}) {
      DisplayRules rules = windowed(1e308, 1e308, WindowFunction::Sigmoid);
      rules.slope = slope;
      rules.intercept = intercept;
      EXPECT_EQ(shown(pixels, rules).size(), 3u);
      rules.window.reset();
      EXPECT_EQ(shown(pixels, rules).size(), 3u);
    }
  }
}

}  // namespace
}  // namespace tessera::codec
