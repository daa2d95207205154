// UTF-8, checked (RFC 3629): what leaves this program as text is valid. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::dicom {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// Length of the well-formed character that starts `text`; 0 when there is none (overlong forms, surrogates,
// and values above U+10FFFF are none).
std::size_t utf8_length(std::string_view text);

// Appends `code` (a Unicode scalar value) as UTF-8.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace tessera::dicom
