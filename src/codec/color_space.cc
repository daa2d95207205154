#include "codec/color_space.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "codec/lcms_profile.h"

namespace tessera::codec {

namespace {

// ICC.1 10.18, function type 3: (a x + b)^gamma from x = d on, below it c x.
struct ToneCurve {
  double gamma = 1, a = 1, b = 0, c = 0, d = 0;
};

struct Space {
  ColorSpace space;
  std::string_view name;  // in a request, in small letters
  const char* description;
  cmsCIExyY white;
  cmsCIExyYTRIPLE primaries;
  ToneCurve curve;
};

constexpr cmsCIExyY kD65 = {0.3127, 0.3290, 1}, kD50 = {0.3457, 0.3585, 1};
constexpr ToneCurve kSrgbCurve = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};  // IEC 61966-2-1
constexpr std::array kSpaces = {
    Space{ColorSpace::Srgb, "srgb", "sRGB", kD65, {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}}, kSrgbCurve},
    Space{ColorSpace::AdobeRgb,
          "adobergb",
          "Compatible with Adobe RGB (1998)",
          kD65,
          {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}},
          {563.0 / 256, 1, 0, 0, 0}},
    Space{ColorSpace::RommRgb,
          "rommrgb",
          "ROMM RGB",
          kD50,
          {{0.7347, 0.2653, 1}, {0.1596, 0.8404, 1}, {0.0366, 0.0001, 1}},
          {1.8, 1, 0, 1.0 / 16, 0.03125}},  // ISO 22028-2
    Space{ColorSpace::DisplayP3,
          "displayp3",
          "Display P3",
          kD65,
          {{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}},
          kSrgbCurve},
};

const Space& row_of(ColorSpace space) {
  return *std::find_if(kSpaces.begin(), kSpaces.end(), [&](const Space& row) { return row.space == space; });
}

void describe(cmsContext context, cmsHPROFILE profile, const char* description) {
  const std::unique_ptr<cmsMLU, lcms::Free<cmsMLUfree>> text(cmsMLUalloc(context, 1));
  if (text && cmsMLUsetASCII(text.get(), "en", "US", description)) {
    cmsWriteTag(profile, cmsSigProfileDescriptionTag, text.get());
  }
}

// The library writes the hour; ICC.1 7.2.8 wants a date, and any does.
void fix_date(ByteBuffer& profile) {
  constexpr std::size_t kDate = 24;
  constexpr std::array<std::uint8_t, 12> kFixed = {0x07, 0xD0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0};  // 2000-01-01
  if (profile.size() >= kDate + kFixed.size()) {
    std::copy(kFixed.begin(), kFixed.end(), profile.begin() + kDate);
  }
}

ByteBuffer saved_profile(ColorSpace space) {
  std::string words;
  const lcms::Context context = lcms::make_context(words);
  const lcms::Profile profile = lcms::make_profile(context.get(), space, lcms::Light::Encoded);
  if (!profile) {
    return {};
  }
  describe(context.get(), profile.get(), row_of(space).description);
  cmsUInt32Number length = 0;
  if (!cmsSaveProfileToMem(profile.get(), nullptr, &length)) {
    return {};
  }
  ByteBuffer bytes(length);
  if (!cmsSaveProfileToMem(profile.get(), bytes.data(), &length)) {
    return {};
  }
  fix_date(bytes);
  return bytes;
}

}  // namespace

std::optional<ColorSpace> color_space_of(std::string_view name) {
  const auto same = [](char wanted, char given) {
    return wanted == static_cast<char>(std::tolower(static_cast<unsigned char>(given)));
  };
  const auto found = std::find_if(kSpaces.begin(), kSpaces.end(), [&](const Space& row) {
    return std::equal(row.name.begin(), row.name.end(), name.begin(), name.end(), same);
  });
  return found == kSpaces.end() ? std::nullopt : std::optional(found->space);
}

const ByteBuffer& profile_of(ColorSpace space) {
  static const std::array<ByteBuffer, kSpaces.size()> kProfiles = [] {
    std::array<ByteBuffer, kSpaces.size()> profiles;
    for (const Space& row : kSpaces) {
      profiles[static_cast<std::size_t>(row.space)] = saved_profile(row.space);
    }
    return profiles;
  }();
  return kProfiles[static_cast<std::size_t>(space)];
}

namespace lcms {

Context make_context(std::string& words) {
  Context context(cmsCreateContext(nullptr, &words));
  cmsSetLogErrorHandlerTHR(context.get(), [](cmsContext from, cmsUInt32Number, const char* text) {
    *static_cast<std::string*>(cmsGetContextUserData(from)) = text;
  });
  return context;
}

Profile make_profile(cmsContext context, ColorSpace space, Light light) {
  const Space& row = row_of(space);
  const ToneCurve curve = light == Light::Linear ? ToneCurve{} : row.curve;
  const std::array<cmsFloat64Number, 5> parameters = {curve.gamma, curve.a, curve.b, curve.c, curve.d};
  const cmsInt32Number type = curve.d == 0 ? 1 : 4;  // the library counts from 1
  const Curve tone(cmsBuildParametricToneCurve(context, type, parameters.data()));
  if (!tone) {
    return nullptr;
  }
  const std::array<cmsToneCurve*, 3> each = {tone.get(), tone.get(), tone.get()};
  return Profile(cmsCreateRGBProfileTHR(context, &row.white, &row.primaries, each.data()));
}

double encoded(ColorSpace space, double linear) {
  const ToneCurve& curve = row_of(space).curve;
  if (linear < curve.c * curve.d) {
    return linear / curve.c;
  }
  return (std::pow(linear, 1 / curve.gamma) - curve.b) / curve.a;
}

}  // namespace lcms

}  // namespace tessera::codec
