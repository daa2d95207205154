#include "convert/color_profile.h"

#include "convert/srgb_profile_generated.h"

namespace tessera::convert {

namespace {

// Places in the header (ICC.1 7.2).
constexpr std::size_t kHeader = 128, kClass = 12, kSpace = 16, kId = 84, kIdLength = 16;

}  // namespace

ColorProfile rgb_profile(std::string_view source_profile) {
  if (source_profile.size() < kHeader || source_profile.substr(kSpace, 4) != "RGB ") {
    return {std::string(reinterpret_cast<const char*>(kSrgbProfile), sizeof kSrgbProfile), true};
  }
  std::string profile(source_profile);
  const std::string device_class = profile.substr(kClass, 4);
  if (device_class == "mntr" || device_class == "spac") {
    profile.replace(kClass, 4, "scnr");
    profile.replace(kId, kIdLength, kIdLength, '\0');
  }
  return {std::move(profile), false};
}

}  // namespace tessera::convert
