#include "convert/demo_slide.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "convert/tiff_pyramid_writer.h"
#include "convert/tissue.h"
#include "slide/slide_source.h"

namespace tessera::convert {
namespace {

namespace fs = std::filesystem;

class DemoSlide : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tessera-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string written(const std::string& name, const DemoOptions& options) {
    const auto summary = write_demo_slide(folder_ / name, options);
    EXPECT_TRUE(summary.ok()) << summary.status().message();
    auto bytes = read_file(folder_ / name, 1 << 28);
    return bytes.ok() ? *bytes : "";
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

ByteBuffer square(const Tissue& tissue, std::int64_t x, std::int64_t y, std::uint32_t side) {
  StainSquare stain(side);
  ByteBuffer rgb(std::size_t{3} * side * side);
  tissue.draw(x, y, stain, rgb.data());
  return rgb;
}

TEST(Tissue, is_the_same_whatever_squares_it_is_drawn_in) {
  // The middle of a slide: stroma, glands and fat cross the borders of the small squares.
  const Tissue tissue({.width = 8000, .height = 6000, .seed = 3});
  for (const auto& [x, y] : {std::pair{3840, 2816}, {2048, 3072}, {5120, 1536}}) {
    const ByteBuffer whole = square(tissue, x, y, 256);
    for (std::int64_t part = 0; part < 16; ++part) {
      const std::int64_t left = part % 4 * 64;
      const std::int64_t top = part / 4 * 64;
      const ByteBuffer small = square(tissue, x + left, y + top, 64);
      int worst = 0;
      for (std::int64_t row = 0; row < 64; ++row) {
        for (std::int64_t i = 0; i < 64 * 3; ++i) {
          const int a = whole[static_cast<std::size_t>(((top + row) * 256 + left) * 3 + i)];
          const int b = small[static_cast<std::size_t>(row * 64 * 3 + i)];
          worst = std::max(worst, std::abs(a - b));
        }
      }
      // The fibre phase is rounded from another corner.
      EXPECT_LE(worst, 2) << "square at " << x + left << ", " << y + top;
    }
  }
}

TEST(Tissue, has_glass_at_the_corners_and_two_stains_in_the_middle) {
  const Tissue tissue({.width = 8000, .height = 6000, .seed = 1});
  const ByteBuffer corner = square(tissue, 0, 0, 64);
  EXPECT_GE(*std::min_element(corner.begin(), corner.end()), 235);
  const ByteBuffer middle = square(tissue, 3072, 2560, 1024);
  std::size_t pink = 0;
  std::size_t purple = 0;
  for (std::size_t i = 0; i < middle.size(); i += 3) {
    pink += middle[i] > 190 && middle[i + 1] < 190 && middle[i + 2] > 160;
    purple += middle[i] < 120 && middle[i + 1] < 110 && middle[i + 2] > middle[i];
  }
  EXPECT_GT(pink, middle.size() / 3 / 5);
  EXPECT_GT(purple, middle.size() / 3 / 100);
}

TEST_F(DemoSlide, has_the_same_bytes_for_any_number_of_threads_and_others_for_another_seed) {
  DemoOptions options{.width = 5000, .height = 3001, .seed = 7, .tile = 256};
  options.threads = 1;
  const std::string one = written("one.tif", options);
  options.threads = 3;
  EXPECT_EQ(written("three.tif", options), one);
  options.seed = 8;
  EXPECT_NE(written("other.tif", options), one);
}

TEST_F(DemoSlide, is_read_back_as_levels_that_halve_down_to_one_tile) {
  for (const auto& [width, height] : {std::pair{1, 1}, {257, 64}, {1000, 7}, {3000, 2001}}) {
    const std::string name = std::to_string(width) + ".tif";
    written(name,
            {.width = static_cast<std::uint64_t>(width), .height = static_cast<std::uint64_t>(height), .tile = 256});
    const auto slide = slide::open_slide(folder_ / name);
    ASSERT_TRUE(slide.ok()) << slide.status().message();
    std::uint32_t w = static_cast<std::uint32_t>(width);
    std::uint32_t h = static_cast<std::uint32_t>(height);
    for (const slide::Image& level : (*slide)->images()) {
      EXPECT_EQ(level.width, w);
      EXPECT_EQ(level.height, h);
      EXPECT_EQ(level.coding.photometric, "YBR_FULL_422");
      w = (w + 1) / 2;
      h = (h + 1) / 2;
    }
    const slide::Image& last = (*slide)->images().back();
    EXPECT_EQ(last.columns() * last.rows(), 1U);
    EXPECT_NEAR((*slide)->facts().mm_per_pixel_x.value_or(0), 0.00025, 1e-9);
  }
}

TEST_F(DemoSlide, names_the_option_that_is_out_of_range_and_makes_no_file) {
  const std::pair<DemoOptions, const char*> cases[] = {
      {{.width = 0}, "size 0x"},
      {{.height = 0}, "size"},
      {{.width = 2147483649}, "size"},
      {{.tile = 100}, "tile 100"},
      {{.tile = 4096}, "tile 4096"},
      {{.micrometres_per_pixel = 0}, "mpp 0"},
      {{.micrometres_per_pixel = -1}, "mpp -1"},
      {{.quality = 0}, "quality 0"},
  };
  for (const auto& [options, words] : cases) {
    const auto refused = write_demo_slide(folder_ / "a.tif", options);
    ASSERT_FALSE(refused.ok()) << words;
    EXPECT_EQ(refused.status().code(), Code::InvalidArgument);
    EXPECT_NE(refused.status().message().find(words), std::string::npos) << refused.status().message();
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(DemoSlide, leaves_an_existing_file_alone_unless_it_may_replace_it) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a.tif", as_bytes("mine")).ok());
  DemoOptions options{.width = 100, .height = 100};
  EXPECT_EQ(write_demo_slide(folder_ / "a.tif", options).status().code(), Code::AlreadyExists);
  EXPECT_EQ(*read_file(folder_ / "a.tif", 100), "mine");
  options.replace = true;
  EXPECT_TRUE(write_demo_slide(folder_ / "a.tif", options).ok());
  EXPECT_TRUE(slide::open_slide(folder_ / "a.tif").ok());
  EXPECT_EQ(files(), 1U);
}

TEST_F(DemoSlide, leaves_nothing_when_it_is_interrupted_half_way) {
  int asked = 0;
  const auto ended = write_demo_slide(folder_ / "a.tif",
                                      {.width = 9000, .height = 9000, .cancelled = [&asked] { return ++asked > 12; }});
  EXPECT_EQ(ended.status().code(), Code::Cancelled);
  EXPECT_EQ(files(), 0U);
}

TEST_F(DemoSlide, a_pyramid_with_a_tile_missing_is_never_named) {
  const TiffPyramid pyramid{.width = 1000, .height = 500, .tile = 512};
  {
    auto writer = TiffPyramidWriter::create(folder_ / "a.tif", pyramid, false);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer->put_tile(0, 0, 0, as_bytes("jpeg")).ok());
    EXPECT_EQ(writer->finish().code(), Code::Internal);
  }
  EXPECT_EQ(files(), 0U);
}

}  // namespace
}  // namespace tessera::convert
