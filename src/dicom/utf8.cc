#include "dicom/utf8.h"

#include <array>

namespace tessera::dicom {
namespace {

// RFC 3629 section 4: by first byte, how long the character is and what its second byte may be.
struct Lead {
  std::uint8_t first, last, length, second_min, second_max;
};
constexpr std::array kLeads = {
    Lead{0x00, 0x7F, 1, 0, 0},       Lead{0xC2, 0xDF, 2, 0x80, 0xBF}, Lead{0xE0, 0xE0, 3, 0xA0, 0xBF},
    Lead{0xE1, 0xEC, 3, 0x80, 0xBF}, Lead{0xED, 0xED, 3, 0x80, 0x9F}, Lead{0xEE, 0xEF, 3, 0x80, 0xBF},
    Lead{0xF0, 0xF0, 4, 0x90, 0xBF}, Lead{0xF1, 0xF3, 4, 0x80, 0xBF}, Lead{0xF4, 0xF4, 4, 0x80, 0x8F},
};

const Lead* find_lead(std::uint8_t byte) {
  for (const Lead& lead : kLeads) {
    if (byte >= lead.first && byte <= lead.last) {
      return &lead;
    }
  }
  return nullptr;
}

bool continues(std::string_view text, std::size_t length) {
  for (std::size_t i = 2; i < length; ++i) {
    if ((static_cast<std::uint8_t>(text[i]) & 0xC0) != 0x80) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const Lead* lead = text.empty() ? nullptr : find_lead(static_cast<std::uint8_t>(text[0]));
  if (!lead || lead->length > text.size()) {
    return 0;
  }
  if (lead->length == 1) {
    return 1;
  }
  const auto second = static_cast<std::uint8_t>(text[1]);
  const bool good = second >= lead->second_min && second <= lead->second_max && continues(text, lead->length);
  return good ? lead->length : 0;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (code & 0x3F));
}

}  // namespace tessera::dicom
