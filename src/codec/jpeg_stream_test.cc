#include "codec/jpeg_stream.h"

#include <gtest/gtest.h>

#include "codec/blank_jpeg.h"
#include "support/make_slide.h"

namespace tessera::codec {
namespace {

using test_support::make_jpeg;
using test_support::split_jpeg;

JpegHead head_of(const std::string& jpeg) {
  auto head = scan_jpeg_head(as_bytes(jpeg));
  EXPECT_TRUE(head.ok()) << head.status().message();
  EXPECT_TRUE(head->has_value());
  return head->value_or(JpegHead{});
}

JpegTablesStream tables_of(const std::string& bytes) {
  auto tables = scan_jpeg_tables(as_bytes(bytes));
  EXPECT_TRUE(tables.ok()) << tables.status().message();
  return *tables;
}

// Decoded by TurboJPEG as interleaved RGB or gray; empty when it refuses.
std::vector<unsigned char> decode(const std::string& jpeg, int width, int height, bool gray) {
  std::vector<unsigned char> pixels(static_cast<std::size_t>(width * height * (gray ? 1 : 3)));
  tjhandle handle = tjInitDecompress();
  const int failed = tjDecompress2(handle, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size(),
                                   pixels.data(), width, 0, height, gray ? TJPF_GRAY : TJPF_RGB, 0);
  tjDestroy(handle);
  return failed != 0 ? std::vector<unsigned char>() : pixels;
}

TEST(JpegHead, says_size_sampling_and_tables_of_a_whole_stream) {
  const JpegHead head = head_of(make_jpeg(64, 48));
  EXPECT_EQ(head.sof, 0xC0);
  EXPECT_EQ(head.width, 64);
  EXPECT_EQ(head.height, 48);
  ASSERT_EQ(head.components.size(), 3u);
  EXPECT_EQ(head.components[0].horizontal, 2);
  EXPECT_EQ(head.components[1].horizontal, 1);
  EXPECT_TRUE(head.jfif);
  EXPECT_EQ(head.stated_color(), JpegColor::YCbCr);
  EXPECT_TRUE(head.present.with({}, head.needed));
}

TEST(JpegHead, of_an_abbreviated_tile_needs_tables_it_lacks) {
  const auto split = split_jpeg(make_jpeg(64, 64));
  const JpegHead head = head_of(split.tile);
  EXPECT_EQ(head.stated_color(), JpegColor::Unstated);
  EXPECT_FALSE(head.present.with({}, head.needed));
  EXPECT_TRUE(head.present.with(tables_of(split.tables).present, head.needed));
}

TEST(JpegHead, cut_anywhere_before_its_scan_asks_for_more) {
  const std::string jpeg = make_jpeg(16, 16);
  const std::size_t scan = jpeg.find("\xFF\xDA") + 2 + 12;
  for (std::size_t length = 2; length < scan; ++length) {
    const auto head = scan_jpeg_head(as_bytes(std::string_view(jpeg).substr(0, length)));
    ASSERT_TRUE(head.ok()) << length;
    EXPECT_FALSE(head->has_value()) << length;
  }
}

TEST(JpegHead, names_the_byte_of_damage) {
  std::string jpeg = make_jpeg(16, 16);
  jpeg[jpeg.find("\xFF\xC0")] = 'x';
  const auto head = scan_jpeg_head(as_bytes(jpeg));
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.status().code(), Code::Corrupt);
  EXPECT_EQ(head.status().message(), "JPEG, byte 158: a marker was expected");
  EXPECT_FALSE(scan_jpeg_head(as_bytes("no jpeg at all")).ok());
}

TEST(JpegTables, with_a_frame_in_them_are_refused) {
  EXPECT_FALSE(scan_jpeg_tables(as_bytes(make_jpeg(16, 16))).ok());
  EXPECT_FALSE(scan_jpeg_tables(as_bytes(std::string_view("\xFF\xD8\xFF\xDB", 4))).ok());
  EXPECT_TRUE(scan_jpeg_tables({}).ok());
}

TEST(JpegPrefix, makes_an_abbreviated_tile_decode_to_the_same_pixels) {
  const std::string whole = make_jpeg(64, 64);
  const auto split = split_jpeg(whole);
  const std::string frame = jpeg_prefix(tables_of(split.tables), head_of(split.tile), false) + split.tile.substr(2);
  const auto pixels = decode(frame, 64, 64, false);
  ASSERT_FALSE(pixels.empty());
  EXPECT_EQ(pixels, decode(whole, 64, 64, false));
}

TEST(JpegPrefix, puts_app14_once_for_rgb_and_never_twice) {
  const auto split = split_jpeg(make_jpeg(64, 64));
  const std::string prefix = jpeg_prefix(tables_of(split.tables), head_of(split.tile), true);
  EXPECT_EQ(prefix.substr(2, 9), std::string("\xFF\xEE\0\x0E"
                                             "Adobe",
                                             9));
  const JpegHead again = head_of(prefix + split.tile.substr(2));
  EXPECT_EQ(again.stated_color(), JpegColor::Rgb);
  EXPECT_EQ(jpeg_prefix(tables_of(split.tables), again, true), "");  // it has tables and APP14 of its own
}

TEST(JpegPrefix, leaves_out_tables_that_the_tile_has) {
  const std::string whole = make_jpeg(64, 64);
  EXPECT_EQ(jpeg_prefix(tables_of(split_jpeg(whole).tables), head_of(whole), false), "");
}

TEST(BlankTile, is_white_in_every_sampling) {
  for (const int sampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420}) {
    const JpegHead like = head_of(make_jpeg(240, 240, false, sampling));
    const auto blank = blank_jpeg_tile(like, false);
    ASSERT_TRUE(blank.ok());
    const auto pixels = decode(*blank, 240, 240, false);
    EXPECT_EQ(pixels, std::vector<unsigned char>(240 * 240 * 3, 255)) << sampling;
    EXPECT_EQ(head_of(*blank).components[0].horizontal, like.components[0].horizontal);
  }
}

TEST(BlankTile, is_white_in_rgb_and_gray) {
  const auto rgb = blank_jpeg_tile(head_of(make_jpeg(64, 40, false, TJSAMP_444)), true);
  ASSERT_TRUE(rgb.ok());
  EXPECT_EQ(head_of(*rgb).stated_color(), JpegColor::Rgb);
  EXPECT_EQ(decode(*rgb, 64, 40, false), std::vector<unsigned char>(64 * 40 * 3, 255));
  const auto gray = blank_jpeg_tile(head_of(make_jpeg(64, 40, true)), false);
  ASSERT_TRUE(gray.ok());
  EXPECT_EQ(decode(*gray, 64, 40, true), std::vector<unsigned char>(64 * 40, 255));
}

}  // namespace
}  // namespace tessera::codec
