// color_profile: the ICC profile an optical path carries (PS3.3 C.11.15: of the input device class, 'scnr').
#pragma once

#include <string>
#include <string_view>

namespace tessera::convert {

struct ColorProfile {
  std::string bytes;
  bool is_srgb = false;  // our own: ColorSpace may then say SRGB
};

// The source's profile where it describes RGB, with the device class of a monitor or colour space changed to
// that of an input device (for matrix profiles the transform is the same; the profile ID, a hash of the old
// header, goes); else sRGB.
ColorProfile rgb_profile(std::string_view source_profile);

}  // namespace tessera::convert
