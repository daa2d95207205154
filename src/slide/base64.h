// base64: what vendors' XML holds binary values in (RFC 4648 §4): Philips' label and macro images and barcode,
// Leica's barcode. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera::slide {

// White space is passed over, padding at the end may be missing; nothing when any other character or an
// impossible length is met.
std::optional<std::string> base64_decoded(std::string_view text);

// A short text that some writers encode and some do not: decoded where that gives printable text, else as it
// stands.
std::string base64_text(std::string_view text);

}  // namespace tessera::slide
