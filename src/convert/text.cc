#include "convert/text.h"

#include <cstdint>

namespace tessera::convert {

namespace {

// Bytes of the well-formed UTF-8 character at the front (RFC 3629); 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool outside = (lead == 0xED && byte(1) >= 0xA0) || (lead == 0xF4 && byte(1) >= 0x90);
  return overlong || outside ? 0 : length;
}

bool is_control(char c) {
  return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string mended(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t characters = 0;
  while (!text.empty() && characters < limit) {
    const std::size_t length = character_length(text);
    if (length == 0) {
      out += '?';
    } else if (is_control(text[0])) {
      out += ' ';
    } else {
      out += text[0] == '\\' ? std::string_view("/") : text.substr(0, length);
    }
    ++characters;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  const std::size_t begin = out.find_first_not_of(' ');
  return begin == std::string::npos ? std::string() : out.substr(begin, out.find_last_not_of(' ') + 1 - begin);
}

Status check_text(std::string_view option, std::string_view text, std::size_t limit) {
  const auto refuse = [&](const std::string& why) {
    return Status(Code::InvalidArgument, std::string(option) + ": " + why);
  };
  std::size_t characters = 0;
  for (std::string_view rest = text; !rest.empty(); ++characters) {
    const std::size_t length = character_length(rest);
    if (length == 0) {
      return refuse("is not UTF-8 at byte " + std::to_string(text.size() - rest.size()));
    }
    if (is_control(rest[0]) || rest[0] == '\\') {
      return refuse("holds a control character or a backslash at byte " + std::to_string(text.size() - rest.size()));
    }
    rest.remove_prefix(length);
  }
  if (characters > limit) {
    return refuse(std::to_string(characters) + " characters; DICOM allows " + std::to_string(limit));
  }
  return {};
}

}  // namespace tessera::convert
