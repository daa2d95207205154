#include "codec/jpeg_encoder.h"

#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <cstdlib>

#include "codec/jpeg_stream.h"

namespace tessera::codec {
namespace {

ByteBuffer ramp(std::uint32_t width, std::uint32_t height) {
  ByteBuffer rgb;
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      rgb.insert(rgb.end(), {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y), 120});
    }
  }
  return rgb;
}

Result<ByteBuffer> encode(const ByteBuffer& rgb, std::uint32_t width, std::uint32_t height, JpegOptions options) {
  TRY_ASSIGN(JpegEncoder encoder, JpegEncoder::create(options));
  return encoder.encode({rgb.data(), width, height});
}

int largest_difference(const ByteBuffer& jpeg, const ByteBuffer& rgb, int width, int height) {
  ByteBuffer decoded(rgb.size());
  tjhandle handle = tjInitDecompress();
  EXPECT_EQ(tjDecompress2(handle, jpeg.data(), jpeg.size(), decoded.data(), width, 0, height, TJPF_RGB, 0), 0);
  tjDestroy(handle);
  int worst = 0;
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    worst = std::max(worst, std::abs(int{rgb[i]} - int{decoded[i]}));
  }
  return worst;
}

TEST(JpegEncoder, gives_a_whole_baseline_jpeg_of_the_sampling_asked_for) {
  const ByteBuffer rgb = ramp(48, 40);
  for (const auto& [sampling, horizontal, vertical] :
       {std::tuple{JpegSampling::Full444, 1, 1}, {JpegSampling::Half422, 2, 1}, {JpegSampling::Half420, 2, 2}}) {
    const auto jpeg = encode(rgb, 48, 40, {.quality = 90, .sampling = sampling});
    ASSERT_TRUE(jpeg.ok()) << jpeg.status().message();
    const auto head = scan_jpeg_head(*jpeg);
    ASSERT_TRUE(head.ok() && head->has_value());
    EXPECT_EQ((*head)->sof, 0xC0);
    EXPECT_EQ((*head)->width, 48);
    EXPECT_EQ((*head)->height, 40);
    EXPECT_EQ((*head)->components[0].horizontal, horizontal);
    EXPECT_EQ((*head)->components[0].vertical, vertical);
    EXPECT_EQ((*head)->stated_color(), JpegColor::YCbCr);
    EXPECT_TRUE((*head)->present.with({}, (*head)->needed));
  }
}

TEST(JpegEncoder, decodes_to_nearly_the_same_pixels) {
  const ByteBuffer rgb = ramp(64, 64);
  const auto jpeg = encode(rgb, 64, 64, {.quality = 95, .sampling = JpegSampling::Full444});
  ASSERT_TRUE(jpeg.ok());
  EXPECT_LE(largest_difference(*jpeg, rgb, 64, 64), 8);
}

TEST(JpegEncoder, gives_the_same_bytes_again_also_after_another_size) {
  auto encoder = JpegEncoder::create({});
  ASSERT_TRUE(encoder.ok());
  const ByteBuffer rgb = ramp(64, 32);
  const auto first = encoder->encode({rgb.data(), 64, 32});
  ASSERT_TRUE(encoder->encode({rgb.data(), 8, 8}).ok());
  const auto again = encoder->encode({rgb.data(), 64, 32});
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(*first, *again);
}

TEST(JpegEncoder, refuses_sizes_and_qualities_that_jpeg_does_not_have) {
  const ByteBuffer rgb = ramp(8, 8);
  EXPECT_EQ(encode(rgb, 0, 8, {}).status().code(), Code::InvalidArgument);
  EXPECT_EQ(encode(rgb, 8, 65536, {}).status().code(), Code::InvalidArgument);
  EXPECT_EQ(encode(rgb, 8, 8, {.quality = 0}).status().code(), Code::InvalidArgument);
  EXPECT_EQ(encode(rgb, 8, 8, {.quality = 101}).status().code(), Code::InvalidArgument);
}

}  // namespace
}  // namespace tessera::codec
