#include "codec/jpeg_strips.h"

#include <gtest/gtest.h>

#include "support/make_slide.h"

namespace tessera::codec {
namespace {

using test_support::split_jpeg;

using Pixels = std::vector<unsigned char>;

struct Made {
  Pixels pixels;
  int width = 0, height = 0, samples = 3;
  int subsampling = TJSAMP_444;
  int rows = 16;  // of a strip
};

Made made(int width, int height, int subsampling, int rows) {
  Made m{{}, width, height, subsampling == TJSAMP_GRAY ? 1 : 3, subsampling, rows};
  for (int i = 0; i < width * height * m.samples; ++i) {
    m.pixels.push_back(static_cast<unsigned char>((i / 5 + i * i / 977) & 255));
  }
  return m;
}

std::string compress(const Made& m, int first, int rows, int quality = 80) {
  tjhandle handle = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long length = 0;
  const unsigned char* from = m.pixels.data() + static_cast<std::size_t>(first * m.width * m.samples);
  const int failed = tjCompress2(handle, from, m.width, 0, rows, m.samples == 1 ? TJPF_GRAY : TJPF_RGB, &out, &length,
                                 m.subsampling, quality, 0);
  std::string jpeg(reinterpret_cast<char*>(out), failed == 0 ? length : 0);
  tjFree(out);
  tjDestroy(handle);
  return jpeg;
}

std::vector<std::string> strips_of(const Made& m) {
  std::vector<std::string> strips;
  for (int first = 0; first < m.height; first += m.rows) {
    strips.push_back(compress(m, first, std::min(m.rows, m.height - first)));
  }
  return strips;
}

// Chroma is not interpolated: that would look over a strip's edge, which a strip alone cannot.
Pixels decode(const std::string& jpeg, int width, int height, int samples) {
  Pixels pixels(static_cast<std::size_t>(width * height * samples));
  tjhandle handle = tjInitDecompress();
  const int failed =
      tjDecompress2(handle, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size(), pixels.data(), width, 0,
                    height, samples == 1 ? TJPF_GRAY : TJPF_RGB, TJFLAG_FASTUPSAMPLE);
  EXPECT_EQ(failed, 0) << tjGetErrorStr2(handle);
  tjDestroy(handle);
  return pixels;
}

Pixels decode_apart(const Made& m, const std::vector<std::string>& strips) {
  Pixels all;
  for (std::size_t i = 0; i < strips.size(); ++i) {
    const int first = static_cast<int>(i) * m.rows;
    const Pixels part = decode(strips[i], m.width, std::min(m.rows, m.height - first), m.samples);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

JpegStripJoiner::Shape shape_of(const Made& m) {
  return {static_cast<std::uint32_t>(m.width), static_cast<std::uint32_t>(m.height),
          static_cast<std::uint32_t>(m.rows)};
}

Result<std::string> join(const JpegStripJoiner::Shape& shape, const std::vector<std::string>& strips,
                         const std::string& tag347 = "", bool rgb = false) {
  TRY_ASSIGN(const JpegTablesStream tables, scan_jpeg_tables(as_bytes(tag347)));
  JpegStripJoiner joiner(shape, tables);
  std::string scans;
  for (std::size_t i = 0; i < strips.size(); ++i) {
    TRY_ASSIGN(const ByteRange scan, joiner.add(as_bytes(strips[i])));
    scans += (i > 0 ? JpegStripJoiner::restart(static_cast<std::uint32_t>(i - 1)) : "") +
             strips[i].substr(scan.offset, scan.length);
  }
  return joiner.head(rgb) + scans + "\xFF\xD9";
}

std::string refusal(const Made& m, const std::vector<std::string>& strips, Code code = Code::Unsupported) {
  const auto joined = join(shape_of(m), strips);
  EXPECT_EQ(joined.status().code(), code) << joined.status().message();
  return std::string(joined.status().message());
}

TEST(JpegStrips, joined_decode_to_the_pixels_of_the_strips_apart) {
  for (const int subsampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440, TJSAMP_GRAY}) {
    for (const int height : {16, 64, 161, 176}) {  // one strip, whole ones, a cut one, more than 8
      const Made m = made(83, height, subsampling, 16);
      const auto strips = strips_of(m);
      const auto joined = join(shape_of(m), strips);
      ASSERT_TRUE(joined.ok()) << joined.status().message();
      EXPECT_EQ(decode(*joined, m.width, m.height, m.samples), decode_apart(m, strips)) << subsampling << " " << height;
    }
  }
}

TEST(JpegStrips, of_several_rows_of_mcus_have_one_restart_interval_a_strip) {
  const Made m = made(40, 100, TJSAMP_420, 32);
  const auto strips = strips_of(m);
  const auto joined = join(shape_of(m), strips);
  ASSERT_TRUE(joined.ok()) << joined.status().message();
  EXPECT_NE(joined->find(std::string("\xFF\xDD\0\4\0\6", 6)), std::string::npos);  // 3 MCUs across, 2 down
  EXPECT_EQ(decode(*joined, m.width, m.height, 3), decode_apart(m, strips));
}

TEST(JpegStrips, abbreviated_get_their_tables_and_rgb_says_so) {
  const Made m = made(50, 40, TJSAMP_444, 8);
  std::vector<std::string> strips;
  std::string tables;
  for (const std::string& whole : strips_of(m)) {
    const auto split = split_jpeg(whole);
    strips.push_back(split.tile);
    tables = split.tables;
  }
  const auto ycbcr = join(shape_of(m), strips, tables);
  ASSERT_TRUE(ycbcr.ok()) << ycbcr.status().message();
  EXPECT_EQ(decode(*ycbcr, m.width, m.height, 3), decode_apart(m, strips_of(m)));
  const auto rgb = join(shape_of(m), strips, tables, true);
  ASSERT_TRUE(rgb.ok());
  const auto head = scan_jpeg_head(as_bytes(*rgb));
  ASSERT_TRUE(head.ok() && *head);
  EXPECT_EQ((*head)->stated_color(), JpegColor::Rgb);
  EXPECT_EQ((*head)->height, 40);
  const auto without = join(shape_of(m), strips);
  EXPECT_EQ(without.status().code(), Code::Corrupt);
}

TEST(JpegStrips, a_single_one_keeps_its_bytes_and_its_restarts) {
  const Made m = made(64, 48, TJSAMP_420, 48);
  const auto strips = strips_of(m);
  EXPECT_EQ(*join(shape_of(m), strips), strips[0]);
  const Made cut = made(64, 48, TJSAMP_444, 8);
  const std::string restarted = *join(shape_of(cut), strips_of(cut));
  const auto again = join({64, 48, 48}, {restarted});
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(*again, restarted);
}

TEST(JpegStrips, that_differ_stay_apart_and_say_why) {
  const Made m = made(64, 64, TJSAMP_420, 16);
  auto strips = strips_of(m);
  strips[2] = compress(m, 32, 16, 30);
  EXPECT_EQ(refusal(m, strips), "the strips' tables differ");
  Made other = m;
  other.subsampling = TJSAMP_444;
  strips[2] = compress(other, 32, 16);
  EXPECT_EQ(refusal(m, strips), "the strips' frame or scan headers differ");
  strips[2] = compress(m, 32, 32);
  EXPECT_EQ(refusal(m, strips), "a strip's JPEG is 64 x 32, not 64 x 16");
  const Made odd = made(64, 60, TJSAMP_420, 20);
  EXPECT_EQ(refusal(odd, strips_of(odd)), "strips of 20 rows are not whole MCUs of 16");
  const Made inner = made(64, 32, TJSAMP_444, 8);
  const std::string restarted = *join(shape_of(inner), strips_of(inner));
  EXPECT_EQ(refusal(made(64, 64, TJSAMP_444, 32), {restarted, restarted}),
            "the strips have restart intervals of their own");
}

TEST(JpegStrips, that_are_damaged_name_the_byte) {
  const Made m = made(64, 32, TJSAMP_420, 16);
  auto strips = strips_of(m);
  const std::string whole = strips[1];
  strips[1].resize(whole.size() - 2);
  EXPECT_EQ(refusal(m, strips, Code::Corrupt),
            "JPEG, byte " + std::to_string(whole.size() - 2) + ": ends without EOI (FFD9)");
  strips[1] = whole;
  strips[1].replace(whole.size() - 8, 2, "\xFF\xC0");
  EXPECT_EQ(refusal(m, strips, Code::Corrupt),
            "JPEG, byte " + std::to_string(whole.size() - 8) + ": a marker within the scan");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    strips[1] = whole.substr(0, length);
    EXPECT_FALSE(join(shape_of(m), strips).ok()) << length;
  }
}

}  // namespace
}  // namespace tessera::codec
