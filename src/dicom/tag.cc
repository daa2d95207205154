#include "dicom/tag.h"

#include <charconv>

namespace tessera::dicom {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

void put_hex16(char* at, std::uint16_t number) {
  for (int digit = 3; digit >= 0; --digit) {
    at[digit] = kHexDigits[number & 0xF];
    number >>= 4;
  }
}

}  // namespace

std::string Tag::hex() const {
  std::string out(8, '0');
  put_hex16(out.data(), group());
  put_hex16(out.data() + 4, element());
  return out;
}

std::string Tag::text() const {
  std::string out = "(0000,0000)";
  put_hex16(out.data() + 1, group());
  put_hex16(out.data() + 6, element());
  return out;
}

Result<Tag> parse_tag(std::string_view hex) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  if (hex.size() != 8 || error != std::errc() || end != hex.data() + hex.size()) {
    return Status(Code::InvalidArgument, "\"" + std::string(hex) + "\" is no tag: eight hex digits are wanted");
  }
  return Tag(value);
}

}  // namespace tessera::dicom
