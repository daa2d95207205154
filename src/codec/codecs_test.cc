#include "codec/codecs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "codec/jpeg_stream.h"
#include "codec/jpeg_xl.h"
#include "codec/native.h"

namespace tessera::codec {
namespace {

constexpr std::string_view kLittle = "1.2.840.10008.1.2.1";
constexpr std::string_view kBig = "1.2.840.10008.1.2.2";
constexpr std::string_view kRle = "1.2.840.10008.1.2.5";
constexpr std::string_view kBaseline = "1.2.840.10008.1.2.4.50";
constexpr std::string_view kJpegLs = "1.2.840.10008.1.2.4.80";
constexpr std::string_view kJpeg2000 = "1.2.840.10008.1.2.4.90";
constexpr std::string_view kHtj2k = "1.2.840.10008.1.2.4.201";
constexpr std::string_view kJpegXlOfJpeg = "1.2.840.10008.1.2.4.111";

PixelLayout gray(std::uint16_t allocated, std::uint16_t stored, bool is_signed = false) {
  PixelLayout layout;
  layout.rows = 37;
  layout.columns = 53;
  layout.bits_allocated = allocated;
  layout.bits_stored = stored;
  layout.high_bit = static_cast<std::uint16_t>(stored - 1);
  layout.is_signed = is_signed;
  return layout;
}

PixelLayout color(Photometric photometric = Photometric::Rgb) {
  PixelLayout layout = gray(8, 8);
  layout.samples = 3;
  layout.photometric = photometric;
  return layout;
}

// Smooth with some noise, over the whole range of the stored bits.
ByteBuffer native_frame(const PixelLayout& layout) {
  std::mt19937 random(7);
  ByteBuffer bytes;
  const std::uint32_t mask = (std::uint32_t{1} << layout.bits_stored) - 1;
  for (std::uint64_t i = 0; i < layout.pixels() * layout.samples; ++i) {
    std::uint32_t value =
        static_cast<std::uint32_t>(i * mask / (layout.pixels() * layout.samples) + random() % 5) & mask;
    if (layout.is_signed && (value >> (layout.bits_stored - 1) & 1) != 0) {
      value |= ~mask;
    }
    for (std::size_t byte = 0; byte < layout.sample_bytes(); ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(value >> (8 * byte)));
    }
  }
  return bytes;
}

// As JPEG likes it.
ByteBuffer smooth_frame(const PixelLayout& layout) {
  ByteBuffer bytes;
  for (std::uint64_t i = 0; i < layout.pixels(); ++i) {
    for (std::uint64_t component = 0; component < layout.samples; ++component) {
      bytes.push_back(static_cast<std::uint8_t>(40 + i % layout.columns * 2 + i / layout.columns + component * 20));
    }
  }
  return bytes;
}

struct Shape {
  std::string name;
  PixelLayout layout;
};
const Shape kShapes[] = {
    {"gray8", gray(8, 8)},
    {"gray16", gray(16, 16)},
    {"gray12of16", gray(16, 12)},
    {"signed16", gray(16, 16, true)},
    {"signed12of16", gray(16, 12, true)},
    {"rgb", color()},
    {"ybr", color(Photometric::YbrFull)},
};

class Lossless : public testing::TestWithParam<std::tuple<std::string_view, std::size_t>> {};

TEST_P(Lossless, gives_every_sample_back) {
  const auto [syntax, which] = GetParam();
  const PixelLayout& layout = kShapes[which].layout;
  const ByteBuffer frame = native_frame(layout);
  const auto coded = transcode_frame(kLittle, syntax, layout, {}, frame);
  ASSERT_TRUE(coded.ok()) << coded.status().message();
  const auto header = transcoded_layout(kLittle, syntax, layout);
  ASSERT_TRUE(header.ok());
  const auto back = transcode_frame(syntax, kLittle, *header, {}, *coded);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_TRUE(*back == frame);
  EXPECT_TRUE(transcodes_without_loss(kLittle, syntax));
  const auto again = transcoded_layout(syntax, kLittle, *header);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, layout);
}

// It says so before, and frees what it made; never a crash, never other bytes for the same damage.
TEST_P(Lossless, says_where_a_codestream_ends_early) {
  const auto [syntax, which] = GetParam();
  const PixelLayout& layout = kShapes[which].layout;
  const auto coded = transcode_frame(kLittle, syntax, layout, {}, native_frame(layout));
  ASSERT_TRUE(coded.ok());
  const auto header = transcoded_layout(kLittle, syntax, layout);
  for (const std::size_t keep : {std::size_t{0}, std::size_t{1}, std::size_t{20}, coded->size() / 2}) {
    const auto cut = decode_frame(syntax, *header, ByteView(*coded).first(keep));
    EXPECT_EQ(cut.status().code(), Code::Corrupt) << keep << " of " << coded->size();
  }
}

TEST_P(Lossless, refuses_a_codestream_of_another_size_than_the_header) {
  const auto [syntax, which] = GetParam();
  const PixelLayout& layout = kShapes[which].layout;
  const auto coded = transcode_frame(kLittle, syntax, layout, {}, native_frame(layout));
  ASSERT_TRUE(coded.ok());
  PixelLayout taller = *transcoded_layout(kLittle, syntax, layout);
  taller.rows += 1;
  EXPECT_EQ(decode_frame(syntax, taller, *coded).status().code(), Code::Corrupt);
  PixelLayout more = *transcoded_layout(kLittle, syntax, layout);
  more.samples = more.samples == 1 ? 3 : 1;
  EXPECT_EQ(decode_frame(syntax, more, *coded).status().code(), Code::Corrupt);
}

INSTANTIATE_TEST_SUITE_P(Codecs, Lossless,
                         testing::Combine(testing::Values(kJpegLs, kJpeg2000, kHtj2k),
                                          testing::Range(std::size_t{0}, std::size(kShapes))),
                         [](const auto& shape) {
                           const std::string_view syntax = std::get<0>(shape.param);
                           const std::string name = syntax == kJpegLs ? "jls_" : syntax == kHtj2k ? "htj2k_" : "j2k_";
                           return name + kShapes[std::get<1>(shape.param)].name;
                         });

TEST(Codecs, take_images_of_a_pixel_and_of_a_line) {
  for (const std::string_view syntax : {kJpegLs, kJpeg2000, kHtj2k}) {
    for (const auto& [rows, columns] : {std::pair{1u, 1u}, {1u, 300u}, {300u, 1u}, {2u, 3u}}) {
      PixelLayout layout = color();
      layout.rows = rows;
      layout.columns = columns;
      const ByteBuffer frame = native_frame(layout);
      const auto coded = transcode_frame(kLittle, syntax, layout, {}, frame);
      ASSERT_TRUE(coded.ok()) << syntax << ' ' << rows << 'x' << columns << ": " << coded.status().message();
      const auto back = transcode_frame(syntax, kLittle, *transcoded_layout(kLittle, syntax, layout), {}, *coded);
      ASSERT_TRUE(back.ok()) << syntax << ' ' << rows << 'x' << columns << ": " << back.status().message();
      EXPECT_TRUE(*back == frame) << syntax << ' ' << rows << 'x' << columns;
    }
  }
}

TEST(Codecs, shift_stored_bits_down_and_drop_what_lies_beside_them) {
  PixelLayout layout = gray(16, 8);
  layout.high_bit = 11;
  ByteBuffer frame;
  for (std::uint64_t i = 0; i < layout.pixels(); ++i) {
    append_le<std::uint16_t>(frame, static_cast<std::uint16_t>(0xF00F | (i % 256) << 4));
  }
  const auto header = transcoded_layout(kLittle, kJpeg2000, layout);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->high_bit, 7);
  const auto coded = transcode_frame(kLittle, kJpeg2000, layout, {}, frame);
  ASSERT_TRUE(coded.ok());
  const auto back = decode_frame(kJpeg2000, *header, *coded);
  ASSERT_TRUE(back.ok()) << back.status().message();
  for (std::uint64_t i = 0; i < layout.pixels(); ++i) {
    ASSERT_EQ(load_le16(back->bytes.data() + 2 * i), i % 256);
  }
}

// Lossy streams overshoot what the header says is stored; overlays of old stand in the spare bits.
TEST(Codecs, keep_bits_above_the_stored_ones) {
  for (const bool is_signed : {false, true}) {
    const PixelLayout layout = gray(16, 10, is_signed);
    ByteBuffer frame = native_frame(layout);
    store_le<std::uint16_t>(frame.data() + 40, 0x0523);
    for (const std::string_view syntax : {kJpegLs, kJpeg2000, kHtj2k}) {
      const auto coded = transcode_frame(kLittle, syntax, layout, {}, frame);
      ASSERT_TRUE(coded.ok()) << coded.status().message();
      const auto back = transcode_frame(syntax, kLittle, *transcoded_layout(kLittle, syntax, layout), {}, *coded);
      ASSERT_TRUE(back.ok()) << back.status().message();
      EXPECT_TRUE(*back == frame) << syntax;
    }
  }
}

TEST(Codecs, undo_planes_and_big_endian) {
  PixelLayout layout = gray(16, 16);
  layout.samples = 3;
  layout.photometric = Photometric::Rgb;
  const ByteBuffer little = native_frame(layout);
  ByteBuffer big = little;
  swap_samples(big, 16);
  EXPECT_TRUE(*transcode_frame(kBig, kLittle, layout, {}, big) == little);

  layout.by_plane = true;
  ByteBuffer planes;
  for (std::size_t component = 0; component < 3; ++component) {
    for (std::uint64_t i = 0; i < layout.pixels(); ++i) {
      planes.push_back(little[(i * 3 + component) * 2]);
      planes.push_back(little[(i * 3 + component) * 2 + 1]);
    }
  }
  EXPECT_TRUE(*transcode_frame(kLittle, kLittle, layout, {}, planes) == little);
  EXPECT_FALSE(transcoded_layout(kLittle, kLittle, layout)->by_plane);
}

TEST(Codecs, decode_bits_to_bytes_and_double_halved_chroma) {
  PixelLayout bits = gray(1, 1);
  bits.rows = 1;
  bits.columns = 10;
  const ByteBuffer packed = {0b10110001, 0b10};
  const auto unpacked = decode_frame(kLittle, bits, packed);
  ASSERT_TRUE(unpacked.ok());
  EXPECT_EQ(unpacked->bytes, (ByteBuffer{1, 0, 0, 0, 1, 1, 0, 1, 0, 1}));
  EXPECT_EQ(unpacked->layout.bits_allocated, 8);
  EXPECT_EQ(transcoded_layout(kLittle, kJpeg2000, bits).status().code(), Code::Unsupported);
  EXPECT_EQ(*transcode_frame(kBig, kLittle, bits, {}, packed), packed);

  PixelLayout halved = color(Photometric::YbrFull422);
  halved.rows = 1;
  halved.columns = 2;
  const auto whole = decode_frame(kLittle, halved, ByteBuffer{10, 20, 128, 130});
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->bytes, (ByteBuffer{10, 128, 130, 20, 128, 130}));
  EXPECT_EQ(whole->layout.photometric, Photometric::YbrFull);
}

// 16-bit samples in two segments, high bytes first: runs and literals.
TEST(Codecs, decode_rle_segments_into_bytes_of_samples) {
  PixelLayout layout = gray(16, 16);
  layout.rows = 1;
  layout.columns = 6;
  ByteBuffer frame(64);
  store_le<std::uint32_t>(frame.data(), 2);
  store_le<std::uint32_t>(frame.data() + 4, 64);
  store_le<std::uint32_t>(frame.data() + 8, 66);
  frame.insert(frame.end(), {251, 0x12});                   // six times
  frame.insert(frame.end(), {2, 1, 2, 3, 128, 254, 9, 0});  // three, nothing, three times, padding
  const auto pixels = decode_frame(kRle, layout, frame);
  ASSERT_TRUE(pixels.ok()) << pixels.status().message();
  EXPECT_EQ(pixels->bytes, (ByteBuffer{1, 0x12, 2, 0x12, 3, 0x12, 9, 0x12, 9, 0x12, 9, 0x12}));

  ByteBuffer cut(frame.begin(), frame.end() - 3);
  EXPECT_NE(decode_frame(kRle, layout, cut).status().message().find("byte 71"), std::string_view::npos)
      << decode_frame(kRle, layout, cut).status().message();
  store_le<std::uint32_t>(frame.data() + 8, 4000);
  EXPECT_EQ(decode_frame(kRle, layout, frame).status().code(), Code::Corrupt);
  store_le<std::uint32_t>(frame.data(), 3);
  EXPECT_EQ(decode_frame(kRle, layout, frame).status().code(), Code::Corrupt);
}

double psnr(const ByteBuffer& a, const ByteBuffer& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    squares += std::pow(double{1} * a[i] - b[i], 2);
  }
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.size()) / std::max(squares, 1e-9));
}

TEST(Codecs, make_a_baseline_jpeg_only_with_a_quality_and_call_it_lossy) {
  for (const PixelLayout& layout : {color(), gray(8, 8)}) {
    const ByteBuffer frame = smooth_frame(layout);
    EXPECT_EQ(transcode_frame(kLittle, kBaseline, layout, {}, frame).status().code(), Code::InvalidArgument);
    const auto jpeg = transcode_frame(kLittle, kBaseline, layout, {.quality = 95}, frame);
    ASSERT_TRUE(jpeg.ok()) << jpeg.status().message();
    const auto header = transcoded_layout(kLittle, kBaseline, layout);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->photometric, layout.samples == 3 ? Photometric::YbrFull422 : Photometric::Monochrome2);
    const auto back = decode_frame(kBaseline, *header, *jpeg);
    ASSERT_TRUE(back.ok()) << back.status().message();
    EXPECT_GT(psnr(back->bytes, frame), 38);
    EXPECT_EQ(back->layout, layout);
  }
  EXPECT_FALSE(transcodes_without_loss(kLittle, kBaseline));
  EXPECT_EQ(transcoded_layout(kLittle, kBaseline, gray(16, 12)).status().code(), Code::Unsupported);
}

TEST(Codecs, pack_a_jpeg_as_jpeg_xl_and_give_every_byte_back) {
  const PixelLayout layout = color();
  const ByteBuffer frame = smooth_frame(layout);
  auto jpeg = transcode_frame(kLittle, kBaseline, layout, {.quality = 80}, frame);
  ASSERT_TRUE(jpeg.ok());
  jpeg->push_back(0);  // as an item pads it
  const PixelLayout header = *transcoded_layout(kLittle, kBaseline, layout);
  const auto packed = transcode_frame(kBaseline, kJpegXlOfJpeg, header, {}, *jpeg);
  ASSERT_TRUE(packed.ok()) << packed.status().message();
  EXPECT_TRUE(transcodes_without_loss(kBaseline, kJpegXlOfJpeg));
  const auto back = transcode_frame(kJpegXlOfJpeg, kBaseline, header, {}, *packed);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_TRUE(*back == *jpeg);
  EXPECT_EQ(reconstruct_jpeg(*packed, 100).status().code(), Code::TooLarge);

  const auto pixels = decode_frame(kJpegXlOfJpeg, header, *packed);
  ASSERT_TRUE(pixels.ok()) << pixels.status().message();
  EXPECT_GT(psnr(pixels->bytes, frame), 30);
  EXPECT_EQ(decode_frame(kJpegXlOfJpeg, header, ByteView(*packed).first(packed->size() / 2)).status().code(),
            Code::Corrupt);
  EXPECT_EQ(recompress_jpeg(ByteView(*jpeg).first(jpeg->size() / 2)).status().code(), Code::Unsupported);
}

// The header is believed where the stream is silent about its colours.
TEST(Codecs, take_a_silent_jpeg_for_what_the_header_says) {
  const PixelLayout layout = color();
  const ByteBuffer frame = smooth_frame(layout);
  auto jpeg = transcode_frame(kLittle, kBaseline, layout, {.quality = 95}, frame);
  ASSERT_TRUE(jpeg.ok());
  ByteBuffer silent(jpeg->begin(), jpeg->begin() + 2);
  silent.insert(silent.end(), jpeg->begin() + 20, jpeg->end());  // without JFIF's APP0
  ASSERT_EQ((*scan_jpeg_head(silent))->stated_color(), JpegColor::Unstated);
  const auto as_ybr = decode_frame(kBaseline, color(Photometric::YbrFull422), silent);
  const auto as_rgb = decode_frame(kBaseline, color(), silent);
  ASSERT_TRUE(as_ybr.ok() && as_rgb.ok());
  EXPECT_GT(psnr(as_ybr->bytes, frame), 38);
  EXPECT_LT(psnr(as_rgb->bytes, frame), 25);
}

TEST(Codecs, refuse_layouts_that_contradict_themselves_or_are_too_large) {
  PixelLayout layout = gray(16, 16);
  layout.bits_stored = 17;
  EXPECT_EQ(decode_frame(kJpeg2000, layout, {}).status().code(), Code::Corrupt);
  layout = gray(16, 12);
  layout.high_bit = 3;
  EXPECT_EQ(decode_frame(kJpeg2000, layout, {}).status().code(), Code::Corrupt);
  layout = gray(8, 8);
  layout.rows = layout.columns = 65535;
  EXPECT_EQ(decode_frame(kRle, layout, ByteBuffer(64)).status().code(), Code::TooLarge);
  layout = gray(64, 64);
  EXPECT_EQ(decode_frame(kLittle, layout, {}).status().code(), Code::Unsupported);
  EXPECT_EQ(decode_frame("1.2.840.10008.1.2.4.107", gray(8, 8), {}).status().code(), Code::Unsupported);
  EXPECT_EQ(transcoded_layout(kLittle, "1.2.840.10008.1.2.4.91", gray(8, 8)).status().code(), Code::Unsupported);
}

}  // namespace
}  // namespace tessera::codec
