#include "codec/color_space.h"

#include <gtest/gtest.h>
#include <lcms2.h>

#include <array>
#include <cmath>

#include "codec/lcms_profile.h"

namespace tessera::codec {
namespace {

constexpr std::array kAll = {ColorSpace::Srgb, ColorSpace::AdobeRgb, ColorSpace::RommRgb, ColorSpace::DisplayP3};

lcms::Profile opened(ColorSpace space) {
  const ByteBuffer& bytes = profile_of(space);
  return lcms::Profile(cmsOpenProfileFromMem(bytes.data(), static_cast<cmsUInt32Number>(bytes.size())));
}

TEST(ColorSpace, names_are_those_of_requests_in_any_case) {
  EXPECT_EQ(color_space_of("srgb"), ColorSpace::Srgb);
  EXPECT_EQ(color_space_of("AdobeRGB"), ColorSpace::AdobeRgb);
  EXPECT_EQ(color_space_of("ROMMRGB"), ColorSpace::RommRgb);
  EXPECT_EQ(color_space_of("displayP3"), ColorSpace::DisplayP3);
  for (const std::string_view other : {"", "srg", "srgbb", "yes", "no", "\xFFrgb"}) {
    EXPECT_EQ(color_space_of(other), std::nullopt) << other;
  }
}

TEST(ColorSpace, a_profile_is_whole_small_and_without_the_time_of_its_making) {
  for (const ColorSpace space : kAll) {
    const ByteBuffer& bytes = profile_of(space);
    ASSERT_GT(bytes.size(), 128u);
    EXPECT_LT(bytes.size(), 1024u);
    EXPECT_EQ(load_be32(bytes.data()), bytes.size());
    EXPECT_EQ(as_text(ByteView(bytes).subspan(12, 12)), "mntrRGB XYZ ");
    EXPECT_EQ(load_be16(bytes.data() + 24), 2000);
    EXPECT_EQ(load_be32(bytes.data() + 26), 0x00010001u);
    EXPECT_EQ(&profile_of(space), &bytes);
    EXPECT_TRUE(opened(space));
  }
}

// Red at its brightest, as the standards of the spaces say it relative to D50 (the rows of their matrices).
TEST(ColorSpace, profiles_have_the_primaries_of_their_spaces) {
  struct Red {
    ColorSpace space;
    double x, y, z;
  };
  for (const auto& [space, x, y, z] : {Red{ColorSpace::Srgb, 0.4361, 0.2225, 0.0139},
                                       {ColorSpace::AdobeRgb, 0.6097, 0.3111, 0.0195},
                                       {ColorSpace::RommRgb, 0.7977, 0.2880, 0.0000},
                                       {ColorSpace::DisplayP3, 0.5151, 0.2412, -0.0011}}) {
    const lcms::Profile profile = opened(space);
    const auto* red = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile.get(), cmsSigRedColorantTag));
    ASSERT_NE(red, nullptr);
    EXPECT_NEAR(red->X, x, 0.001);
    EXPECT_NEAR(red->Y, y, 0.001);
    EXPECT_NEAR(red->Z, z, 0.001);
  }
}

TEST(ColorSpace, what_is_encoded_is_what_the_profile_decodes) {
  for (const ColorSpace space : kAll) {
    const lcms::Profile profile = opened(space);
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile.get(), cmsSigRedTRCTag));
    ASSERT_NE(curve, nullptr);
    for (int step = 0; step <= 1000; ++step) {
      const double linear = std::pow(step / 1000.0, 3);
      const auto stored = static_cast<float>(lcms::encoded(space, linear));
      EXPECT_NEAR(cmsEvalToneCurveFloat(curve, stored), linear, 1e-4) << step;
    }
    EXPECT_NEAR(lcms::encoded(space, 0), 0, 1e-9);
    EXPECT_NEAR(lcms::encoded(space, 1), 1, 1e-9);
  }
}

}  // namespace
}  // namespace tessera::codec
