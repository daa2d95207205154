#include "codec/color_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lcms2.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "codec/lcms_profile.h"

namespace tessera::codec {
namespace {

using testing::HasSubstr;

constexpr std::array kAll = {ColorSpace::Srgb, ColorSpace::AdobeRgb, ColorSpace::RommRgb, ColorSpace::DisplayP3};

ByteBuffer saved(cmsHPROFILE profile) {
  cmsUInt32Number length = 0;
  cmsSaveProfileToMem(profile, nullptr, &length);
  ByteBuffer bytes(length);
  cmsSaveProfileToMem(profile, bytes.data(), &length);
  return bytes;
}

// A scanner with primaries of its own and a gamma for each channel.
ByteBuffer scanner_profile(std::array<double, 3> gammas) {
  const cmsCIExyY white = {0.32, 0.34, 1};
  const cmsCIExyYTRIPLE primaries = {{0.66, 0.31, 1}, {0.24, 0.68, 1}, {0.14, 0.05, 1}};
  std::array<cmsToneCurve*, 3> curves{};
  std::transform(gammas.begin(), gammas.end(), curves.begin(),
                 [](double gamma) { return cmsBuildGamma(nullptr, gamma); });
  const lcms::Profile profile(cmsCreateRGBProfile(&white, &primaries, curves.data()));
  cmsFreeToneCurveTriple(curves.data());
  return saved(profile.get());
}

// A scanner whose perceptual table lifts the darks, from levels to Lab by a grid of 17 nodes.
ByteBuffer table_profile() {
  const lcms::Profile profile(cmsCreateProfilePlaceholder(nullptr));
  cmsSetProfileVersion(profile.get(), 4.3);
  cmsSetDeviceClass(profile.get(), cmsSigInputClass);
  cmsSetColorSpace(profile.get(), cmsSigRgbData);
  cmsSetPCS(profile.get(), cmsSigLabData);
  cmsPipeline* pipeline = cmsPipelineAlloc(nullptr, 3, 3);
  cmsStage* grid = cmsStageAllocCLut16bit(nullptr, 17, 3, 3, nullptr);
  cmsStageSampleCLut16bit(
      grid,
      [](const cmsUInt16Number in[], cmsUInt16Number out[], void*) -> cmsInt32Number {
        const double r = in[0] / 65535.0, g = in[1] / 65535.0, b = in[2] / 65535.0;
        out[0] = static_cast<cmsUInt16Number>(65535 * (0.08 + 0.92 * (0.3 * r + 0.6 * g + 0.1 * b)));
        out[1] = static_cast<cmsUInt16Number>(32896 + 15000 * (r - g));
        out[2] = static_cast<cmsUInt16Number>(32896 + 15000 * (g - b));
        return 1;
      },
      nullptr, 0);
  // The form of such a table has curves on both sides.
  cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(nullptr, 3, nullptr));
  cmsPipelineInsertStage(pipeline, cmsAT_END, grid);
  cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(nullptr, 3, nullptr));
  cmsWriteTag(profile.get(), cmsSigAToB0Tag, pipeline);
  cmsPipelineFree(pipeline);
  return saved(profile.get());
}

// Every level of every channel, with the others at many, and a lattice that misses the nodes.
Picture dense_sample() {
  Picture picture{0, 1, 3, {}};
  const auto add = [&](int r, int g, int b) {
    for (const int level : {r, g, b}) {
      picture.bytes.push_back(static_cast<std::uint8_t>(std::min(level, 255)));
    }
    ++picture.width;
  };
  for (int level = 0; level < 256; ++level) {
    for (int one = 0; one <= 256; one += 32) {
      for (int other = 0; other <= 256; other += 32) {
        add(level, one, other);
        add(one, level, other);
        add(one, other, level);
      }
    }
  }
  for (int r = 0; r < 256; r += 7) {
    for (int g = 0; g < 256; g += 7) {
      for (int b = 0; b < 256; b += 7) {
        add(r, g, b);
      }
    }
  }
  return picture;
}

ByteBuffer by_library(const Picture& picture, ByteView icc, ColorSpace to, cmsUInt32Number intent,
                      cmsUInt32Number flags) {
  const ByteBuffer& target = profile_of(to);
  const lcms::Profile from(cmsOpenProfileFromMem(icc.data(), static_cast<cmsUInt32Number>(icc.size())));
  const lcms::Profile into(cmsOpenProfileFromMem(target.data(), static_cast<cmsUInt32Number>(target.size())));
  const lcms::Transform transform(cmsCreateTransform(from.get(), TYPE_RGB_8, into.get(), TYPE_RGB_8, intent, flags));
  ByteBuffer changed(picture.bytes.size());
  cmsDoTransform(transform.get(), picture.bytes.data(), changed.data(), picture.width);
  return changed;
}

int largest_difference(const ByteBuffer& left, const ByteBuffer& right) {
  EXPECT_EQ(left.size(), right.size());
  int largest = 0;
  for (std::size_t at = 0; at < std::min(left.size(), right.size()); ++at) {
    largest = std::max(largest, std::abs(int{left[at]} - int{right[at]}));
  }
  return largest;
}

ByteBuffer by_table(Picture picture, ByteView icc, ColorSpace to) {
  const auto table = sample_profile(icc, to);
  EXPECT_TRUE(table.ok()) << table.status().message();
  EXPECT_TRUE(table.ok() && apply_color_table(picture, *table));
  return picture.bytes;
}

constexpr cmsUInt32Number kExact = cmsFLAGS_NOOPTIMIZE | cmsFLAGS_BLACKPOINTCOMPENSATION;

TEST(ColorTable, a_profile_of_matrix_and_curves_is_met_within_one_level) {
  const Picture picture = dense_sample();
  for (const std::array<double, 3>& gammas : {std::array{1.8, 1.8, 1.8}, {1.0, 1.4, 2.6}}) {
    const ByteBuffer icc = scanner_profile(gammas);
    for (const ColorSpace to : kAll) {
      const ByteBuffer expected = by_library(picture, icc, to, INTENT_RELATIVE_COLORIMETRIC, kExact);
      EXPECT_LE(largest_difference(by_table(picture, icc, to), expected), 1)
          << "gamma " << gammas[0] << ", space " << static_cast<int>(to);
    }
  }
}

TEST(ColorTable, a_space_into_itself_is_the_identity_within_one_level) {
  const Picture picture = dense_sample();
  for (const ColorSpace space : kAll) {
    EXPECT_LE(largest_difference(by_table(picture, profile_of(space), space), picture.bytes), 1)
        << static_cast<int>(space);
  }
}

TEST(ColorTable, the_perceptual_table_of_a_profile_is_used_where_it_has_one) {
  const Picture picture = dense_sample();
  const ByteBuffer icc = table_profile();
  const ByteBuffer expected = by_library(picture, icc, ColorSpace::Srgb, INTENT_PERCEPTUAL, cmsFLAGS_NOOPTIMIZE);
  const ByteBuffer found = by_table(picture, icc, ColorSpace::Srgb);
  EXPECT_LE(largest_difference(found, expected), 4);
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < found.size(); ++at) {
    sum += static_cast<std::uint64_t>(std::abs(int{found[at]} - int{expected[at]}));
  }
  EXPECT_LT(static_cast<double>(sum) / static_cast<double>(found.size()), 0.5);
}

TEST(ColorTable, what_is_no_profile_is_corrupt) {
  EXPECT_EQ(sample_profile({}, ColorSpace::Srgb).status().code(), Code::Corrupt);
  EXPECT_EQ(sample_profile(ByteBuffer(5000, 0x41), ColorSpace::Srgb).status().code(), Code::Corrupt);
  EXPECT_EQ(sample_profile(ByteBuffer(kMaxProfileBytes + 1), ColorSpace::Srgb).status().code(), Code::TooLarge);
  const auto table = sample_profile(ByteBuffer(200), ColorSpace::Srgb);
  EXPECT_THAT(std::string(table.status().message()), HasSubstr("200 bytes"));
}

TEST(ColorTable, a_profile_cut_anywhere_is_corrupt_or_means_the_same) {
  const ByteBuffer icc = scanner_profile({1.8, 1.8, 1.8});
  const auto whole = sample_profile(icc, ColorSpace::Srgb);
  ASSERT_TRUE(whole.ok());
  std::size_t corrupt = 0;
  for (std::size_t length = 0; length < icc.size(); length += 7) {
    const auto table = sample_profile(ByteView(icc).first(length), ColorSpace::Srgb);
    if (table.ok()) {
      EXPECT_EQ(*table, *whole) << length;
    } else {
      EXPECT_EQ(table.status().code(), Code::Corrupt) << length;
      ++corrupt;
    }
  }
  EXPECT_GT(corrupt, icc.size() / 7 / 2);
}

TEST(ColorTable, a_profile_with_any_byte_changed_gives_a_table_or_says_why_not) {
  const ByteBuffer icc = profile_of(ColorSpace::DisplayP3);
  for (std::size_t at = 0; at < icc.size(); at += 11) {
    ByteBuffer changed = icc;
    changed[at] ^= 0xFF;
    const auto table = sample_profile(changed, ColorSpace::Srgb);
    if (table.ok()) {
      EXPECT_EQ(table->size(), kColorTableBytes);
    } else {
      EXPECT_FALSE(table.status().message().empty());
    }
  }
}

TEST(ColorTable, profiles_of_other_pixels_are_unsupported_by_name) {
  const cmsCIExyY white = *cmsD50_xyY();
  cmsToneCurve* curve = cmsBuildGamma(nullptr, 2.2);
  const lcms::Profile gray(cmsCreateGrayProfile(&white, curve));
  cmsFreeToneCurve(curve);
  const lcms::Profile lab(cmsCreateLab4Profile(nullptr));
  const auto of_gray = sample_profile(saved(gray.get()), ColorSpace::Srgb);
  EXPECT_EQ(of_gray.status().code(), Code::Unsupported);
  EXPECT_THAT(std::string(of_gray.status().message()), HasSubstr("GRAY"));
  EXPECT_EQ(sample_profile(saved(lab.get()), ColorSpace::Srgb).status().code(), Code::Unsupported);
}

TEST(ColorTable, the_same_profile_gives_the_same_table) {
  const ByteBuffer icc = scanner_profile({1.8, 1.8, 1.8});
  EXPECT_EQ(*sample_profile(icc, ColorSpace::AdobeRgb), *sample_profile(icc, ColorSpace::AdobeRgb));
}

TEST(ColorTable, gray_and_tables_of_another_size_change_nothing) {
  const auto table = sample_profile(scanner_profile({1.8, 1.8, 1.8}), ColorSpace::Srgb);
  ASSERT_TRUE(table.ok());
  Picture gray{3, 1, 1, {10, 20, 30}};
  EXPECT_TRUE(apply_color_table(gray, *table));
  EXPECT_EQ(gray.bytes, (ByteBuffer{10, 20, 30}));
  Picture rgb{1, 1, 3, {10, 20, 30}};
  EXPECT_FALSE(apply_color_table(rgb, {}));
  EXPECT_FALSE(apply_color_table(rgb, ByteView(*table).first(table->size() - 1)));
  EXPECT_EQ(rgb.bytes, (ByteBuffer{10, 20, 30}));
}

// The addresses are watched by the sanitizers' build of this test.
TEST(ColorTable, a_table_of_any_bytes_stays_within_itself) {
  for (const int byte : {0x00, 0x7F, 0x80, 0xFF}) {
    Picture picture = dense_sample();
    const std::size_t size = picture.bytes.size();
    EXPECT_TRUE(apply_color_table(picture, ByteBuffer(kColorTableBytes, static_cast<std::uint8_t>(byte))));
    EXPECT_EQ(picture.bytes.size(), size);
    EXPECT_TRUE(
        std::all_of(picture.bytes.begin(), picture.bytes.end(), [&](std::uint8_t level) { return level == byte; }));
  }
}

}  // namespace
}  // namespace tessera::codec
