#include "codec/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/decode.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "codec/jpeg_stream.h"

namespace tessera::codec {
namespace {

using testing::HasSubstr;

// A soft ground, a flat corner, and a little noise: each of the filters of PNG has something to win.
Picture made_picture(std::uint32_t width, std::uint32_t height, std::uint16_t channels) {
  Picture picture{width, height, channels, {}};
  std::uint32_t noise = 7;
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      for (std::uint32_t channel = 0; channel < channels; ++channel) {
        noise = noise * 1664525 + 1013904223;
        const bool flat = x > width / 2 && y > height / 2;
        const std::uint32_t ground = x * 120 / width + y * 90 / height + channel * 20;
        picture.bytes.push_back(static_cast<std::uint8_t>(flat ? 243 : ground + (noise >> 30)));
      }
    }
  }
  return picture;
}

ByteBuffer made_profile(std::size_t size) {
  ByteBuffer icc(size);
  for (std::size_t at = 0; at < size; ++at) {
    icc[at] = static_cast<std::uint8_t>(at * 31 + (at >> 8));
  }
  return icc;
}

ByteBuffer decoded_png(ByteView png, bool gray) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, png.data(), png.size())) {
    return {};
  }
  image.format = gray ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  ByteBuffer bytes(PNG_IMAGE_SIZE(image));
  const bool read = png_image_finish_read(&image, nullptr, bytes.data(), 0, nullptr) != 0;
  EXPECT_EQ(image.warning_or_error, 0u) << image.message;
  png_image_free(&image);
  return read ? bytes : ByteBuffer();
}

// The profile that libpng finds, from a file in memory.
ByteBuffer profile_in_png(ByteView png) {
  ByteView rest = png;
  png_structp reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(reader);
  png_set_option(reader, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
  png_set_read_fn(reader, &rest, [](png_structp from, png_bytep to, png_size_t length) {
    auto& left = *static_cast<ByteView*>(png_get_io_ptr(from));
    std::copy_n(left.begin(), length, to);
    left = left.subspan(length);
  });
  png_read_info(reader, info);
  png_charp name = nullptr;
  png_bytep bytes = nullptr;
  png_uint_32 length = 0;
  int method = 0;
  png_get_iCCP(reader, info, &name, &method, &bytes, &length);
  ByteBuffer icc(bytes, bytes + length);
  png_destroy_read_struct(&reader, &info, nullptr);
  return icc;
}

ByteBuffer decoded_jpeg(ByteView jpeg, const Picture& like) {
  tjhandle handle = tjInitDecompress();
  ByteBuffer bytes(like.bytes.size());
  const int failed = tjDecompress2(handle, jpeg.data(), jpeg.size(), bytes.data(), static_cast<int>(like.width), 0,
                                   static_cast<int>(like.height), like.channels == 1 ? TJPF_GRAY : TJPF_RGB, 0);
  EXPECT_EQ(failed, 0) << tjGetErrorStr2(handle);
  tjDestroy(handle);
  return bytes;
}

ByteBuffer decoded_webp(ByteView webp) {
  int width = 0, height = 0;
  std::uint8_t* rgb = WebPDecodeRGB(webp.data(), webp.size(), &width, &height);
  if (rgb == nullptr) {
    return {};
  }
  ByteBuffer bytes(rgb, rgb + std::size_t{3} * static_cast<std::size_t>(width * height));
  WebPFree(rgb);
  return bytes;
}

int largest_difference(ByteView left, ByteView right) {
  EXPECT_EQ(left.size(), right.size());
  int largest = 0;
  for (std::size_t at = 0; at < std::min(left.size(), right.size()); ++at) {
    largest = std::max(largest, std::abs(int{left[at]} - int{right[at]}));
  }
  return largest;
}

// The contents of all segments or chunks of that name, joined.
ByteBuffer profile_in_jpeg(ByteView jpeg, std::size_t& segments) {
  ByteBuffer icc;
  segments = 0;
  for (std::size_t at = 2; jpeg[at + 1] != 0xDA; at += 2u + load_be16(jpeg.data() + at + 2)) {
    if (jpeg[at + 1] == 0xE2) {
      ++segments;
      EXPECT_EQ(as_text(jpeg.subspan(at + 4, 12)), std::string_view("ICC_PROFILE\0", 12));
      EXPECT_EQ(jpeg[at + 16], segments);
      const ByteView part = jpeg.subspan(at + 18, load_be16(jpeg.data() + at + 2) - 16u);
      icc.insert(icc.end(), part.begin(), part.end());
    }
  }
  return icc;
}

TEST(Picture, a_png_gives_back_every_pixel) {
  for (const std::uint16_t channels : {std::uint16_t{1}, std::uint16_t{3}}) {
    for (const auto& [width, height] : {std::pair{1u, 1u}, {1u, 9u}, {301u, 1u}, {255u, 130u}}) {
      const Picture picture = made_picture(width, height, channels);
      const auto png = encode_picture(picture, PictureFormat::Png, 1, {});
      ASSERT_TRUE(png.ok()) << png.status().message();
      EXPECT_EQ(decoded_png(*png, channels == 1), picture.bytes) << width << " x " << height << " x " << channels;
    }
  }
}

TEST(Picture, a_png_of_many_chunks_is_whole) {
  Picture noise = made_picture(512, 512, 3);
  std::uint32_t state = 1;
  for (std::uint8_t& byte : noise.bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  const auto png = encode_picture(noise, PictureFormat::Png, 1, {});
  ASSERT_TRUE(png.ok());
  EXPECT_GT(png->size(), 512u * 512 * 3);
  EXPECT_LT(png->size(), 512u * 512 * 3 * 101 / 100);
  EXPECT_EQ(decoded_png(*png, false), noise.bytes);
}

TEST(Picture, a_png_of_flat_ground_is_small) {
  const Picture white{1024, 1024, 3, ByteBuffer(1024 * 1024 * 3, 255)};
  const auto png = encode_picture(white, PictureFormat::Png, 1, {});
  ASSERT_TRUE(png.ok());
  EXPECT_LT(png->size(), 20000u);
  EXPECT_EQ(decoded_png(*png, false), white.bytes);
}

TEST(Picture, a_jpeg_and_a_webp_are_near_the_pixels) {
  const Picture picture = made_picture(200, 120, 3);
  const auto jpeg = encode_picture(picture, PictureFormat::Jpeg, 95, {});
  const auto webp = encode_picture(picture, PictureFormat::Webp, 95, {});
  ASSERT_TRUE(jpeg.ok() && webp.ok());
  EXPECT_LE(largest_difference(decoded_jpeg(*jpeg, picture), picture.bytes), 16);
  EXPECT_LE(largest_difference(decoded_webp(*webp), picture.bytes), 16);
}

TEST(Picture, a_gray_picture_is_gray_in_every_format) {
  const Picture picture = made_picture(64, 48, 1);
  const auto jpeg = encode_picture(picture, PictureFormat::Jpeg, 95, {});
  const auto webp = encode_picture(picture, PictureFormat::Webp, 95, {});
  ASSERT_TRUE(jpeg.ok() && webp.ok());
  EXPECT_LE(largest_difference(decoded_jpeg(*jpeg, picture), picture.bytes), 8);
  const auto head = scan_jpeg_head(*jpeg);
  ASSERT_TRUE(head.ok() && head->has_value());
  EXPECT_EQ((*head)->components.size(), 1u);
  const ByteBuffer rgb = decoded_webp(*webp);
  ASSERT_EQ(rgb.size(), picture.bytes.size() * 3);
  for (std::size_t at = 0; at < picture.bytes.size(); ++at) {
    EXPECT_NEAR(rgb[3 * at], picture.bytes[at], 12);
    EXPECT_NEAR(rgb[3 * at], rgb[3 * at + 1], 3);
    EXPECT_NEAR(rgb[3 * at], rgb[3 * at + 2], 3);
  }
}

TEST(Picture, chroma_is_whole_from_quality_90_on) {
  const Picture picture = made_picture(64, 64, 3);
  for (const auto& [quality, sampling] : {std::pair{89, 2}, {90, 1}}) {
    const auto jpeg = encode_picture(picture, PictureFormat::Jpeg, quality, {});
    ASSERT_TRUE(jpeg.ok());
    const auto head = scan_jpeg_head(*jpeg);
    ASSERT_TRUE(head.ok() && head->has_value());
    EXPECT_EQ((*head)->components[0].horizontal, sampling);
    EXPECT_EQ((*head)->components[0].vertical, sampling);
  }
}

TEST(Picture, a_lower_quality_is_smaller) {
  const Picture picture = made_picture(256, 256, 3);
  for (const PictureFormat format : {PictureFormat::Jpeg, PictureFormat::Webp}) {
    const auto small = encode_picture(picture, format, 20, {});
    const auto large = encode_picture(picture, format, 95, {});
    ASSERT_TRUE(small.ok() && large.ok());
    EXPECT_LT(small->size(), large->size());
  }
}

TEST(Picture, a_jpeg_carries_the_profile_in_numbered_segments) {
  const Picture picture = made_picture(40, 30, 3);
  for (const auto& [size, expected] : {std::pair{1u, 1u}, {65519u, 1u}, {65520u, 2u}, {200000u, 4u}}) {
    const ByteBuffer icc = made_profile(size);
    const auto jpeg = encode_picture(picture, PictureFormat::Jpeg, 80, icc);
    ASSERT_TRUE(jpeg.ok());
    std::size_t segments = 0;
    EXPECT_EQ(profile_in_jpeg(*jpeg, segments), icc);
    EXPECT_EQ(segments, expected);
    const auto bare = encode_picture(picture, PictureFormat::Jpeg, 80, {});
    EXPECT_EQ(decoded_jpeg(*jpeg, picture), decoded_jpeg(*bare, picture));
  }
}

TEST(Picture, a_profile_beyond_255_segments_is_too_large_for_jpeg) {
  const auto jpeg = encode_picture(made_picture(8, 8, 3), PictureFormat::Jpeg, 80, ByteBuffer(255 * 65519 + 1));
  EXPECT_EQ(jpeg.status().code(), Code::TooLarge);
}

TEST(Picture, a_png_carries_the_profile) {
  // libpng looks into it: length, signature, class and space must be those of one.
  ByteBuffer icc = made_profile(132);
  const auto put = [&](std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), icc.begin() + at);
  };
  put(0, std::string_view("\0\0\0\x84", 4));
  put(8, std::string_view("\2\x40\0\0mntrRGB XYZ ", 16));
  put(36, "acsp");
  put(64, std::string_view("\0\0\0\0", 4));
  put(68, std::string_view("\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d", 12));
  put(128, std::string_view("\0\0\0\0", 4));
  const Picture picture = made_picture(40, 30, 3);
  const auto png = encode_picture(picture, PictureFormat::Png, 80, icc);
  ASSERT_TRUE(png.ok());
  EXPECT_EQ(profile_in_png(*png), icc);
  EXPECT_EQ(decoded_png(*png, false), picture.bytes);
}

TEST(Picture, a_webp_carries_the_profile_in_its_extended_form) {
  const Picture picture = made_picture(300, 7, 3);
  for (const std::size_t size : {131u, 200u}) {
    const ByteBuffer icc = made_profile(size);
    const auto webp = encode_picture(picture, PictureFormat::Webp, 80, icc);
    const auto bare = encode_picture(picture, PictureFormat::Webp, 80, {});
    ASSERT_TRUE(webp.ok() && bare.ok());
    EXPECT_EQ(load_le32(webp->data() + 4), webp->size() - 8);
    EXPECT_EQ(as_text(ByteView(*webp).subspan(8, 8)), "WEBPVP8X");
    EXPECT_EQ((*webp)[20], 0x20);
    EXPECT_EQ(load_le32(webp->data() + 24) & 0xFFFFFF, 299u);
    EXPECT_EQ(load_le32(webp->data() + 27) & 0xFFFFFF, 6u);
    EXPECT_EQ(as_text(ByteView(*webp).subspan(30, 4)), "ICCP");
    EXPECT_EQ(load_le32(webp->data() + 34), size);
    EXPECT_EQ(ByteBuffer(webp->begin() + 38, webp->begin() + 38 + static_cast<std::ptrdiff_t>(size)), icc);
    EXPECT_EQ(decoded_webp(*webp), decoded_webp(*bare));
    WebPBitstreamFeatures features;
    EXPECT_EQ(WebPGetFeatures(webp->data(), webp->size(), &features), VP8_STATUS_OK);
  }
}

TEST(Picture, gray_takes_no_profile_of_rgb) {
  const Picture picture = made_picture(16, 16, 1);
  for (const PictureFormat format : {PictureFormat::Jpeg, PictureFormat::Png, PictureFormat::Webp}) {
    const auto with = encode_picture(picture, format, 80, made_profile(300));
    const auto without = encode_picture(picture, format, 80, {});
    ASSERT_TRUE(with.ok() && without.ok());
    EXPECT_EQ(*with, *without);
  }
}

TEST(Picture, a_side_beyond_the_format_is_unsupported_naming_it) {
  const auto of = [](std::uint32_t width) { return Picture{width, 1, 1, ByteBuffer(width)}; };
  const auto jpeg = encode_picture(of(65501), PictureFormat::Jpeg, 80, {});
  EXPECT_EQ(jpeg.status().code(), Code::Unsupported);
  EXPECT_THAT(std::string(jpeg.status().message()), HasSubstr("65501 x 1"));
  EXPECT_EQ(encode_picture(of(16384), PictureFormat::Webp, 80, {}).status().code(), Code::Unsupported);
  EXPECT_TRUE(encode_picture(of(65500), PictureFormat::Jpeg, 80, {}).ok());
  EXPECT_TRUE(encode_picture(of(16383), PictureFormat::Webp, 80, {}).ok());
  EXPECT_TRUE(encode_picture(of(70000), PictureFormat::Png, 80, {}).ok());
}

TEST(Picture, contradictions_and_qualities_out_of_range_are_refused) {
  for (const PictureFormat format : {PictureFormat::Jpeg, PictureFormat::Png, PictureFormat::Webp}) {
    const auto code = [&](const Picture& picture, int quality) {
      return encode_picture(picture, format, quality, {}).status().code();
    };
    EXPECT_EQ(code({}, 80), Code::InvalidArgument);
    EXPECT_EQ(code({4, 4, 3, ByteBuffer(47)}, 80), Code::InvalidArgument);
    EXPECT_EQ(code({4, 4, 2, ByteBuffer(32)}, 80), Code::InvalidArgument);
    EXPECT_EQ(code(made_picture(4, 4, 3), 0), Code::InvalidArgument);
    EXPECT_EQ(code(made_picture(4, 4, 3), 101), Code::InvalidArgument);
  }
}

TEST(Picture, media_types_are_those_of_browsers) {
  EXPECT_EQ(media_type(PictureFormat::Jpeg), "image/jpeg");
  EXPECT_EQ(media_type(PictureFormat::Png), "image/png");
  EXPECT_EQ(media_type(PictureFormat::Webp), "image/webp");
}

TEST(Enlarge, interpolates_between_centres) {
  const Picture picture{2, 1, 1, {0, 100}};
  EXPECT_EQ(enlarge(picture, 4, 2).bytes, (ByteBuffer{0, 25, 75, 100, 0, 25, 75, 100}));
}

TEST(Enlarge, meets_real_numbers_within_one_level) {
  const Picture picture = made_picture(7, 5, 3);
  const Picture large = enlarge(picture, 40, 31);
  ASSERT_EQ(large.bytes.size(), 40u * 31 * 3);
  const auto at = [&](std::uint32_t x, std::uint32_t y, std::uint32_t channel) {
    return static_cast<double>(picture.bytes[(std::size_t{y} * 7 + x) * 3 + channel]);
  };
  for (std::uint32_t y = 0; y < 31; ++y) {
    for (std::uint32_t x = 0; x < 40; ++x) {
      const double cx = std::clamp((x + 0.5) * 7 / 40 - 0.5, 0.0, 6.0),
                   cy = std::clamp((y + 0.5) * 5 / 31 - 0.5, 0.0, 4.0);
      const auto x0 = static_cast<std::uint32_t>(cx), y0 = static_cast<std::uint32_t>(cy);
      const std::uint32_t x1 = std::min(x0 + 1, 6u), y1 = std::min(y0 + 1, 4u);
      for (std::uint32_t channel = 0; channel < 3; ++channel) {
        const double upper = at(x0, y0, channel) * (1 - (cx - x0)) + at(x1, y0, channel) * (cx - x0);
        const double lower = at(x0, y1, channel) * (1 - (cx - x0)) + at(x1, y1, channel) * (cx - x0);
        EXPECT_NEAR(large.bytes[(std::size_t{y} * 40 + x) * 3 + channel], upper * (1 - (cy - y0)) + lower * (cy - y0),
                    1);
      }
    }
  }
}

TEST(Enlarge, the_same_size_is_the_same_picture) {
  const Picture picture = made_picture(9, 11, 3);
  EXPECT_EQ(enlarge(picture, 9, 11).bytes, picture.bytes);
  EXPECT_EQ(enlarge(picture, 3, 3).bytes, picture.bytes);
  EXPECT_TRUE(enlarge({4, 4, 3, ByteBuffer(5)}, 8, 8).bytes.empty());
}

}  // namespace
}  // namespace tessera::codec
