// Tag: group and element of an attribute, and the names the program uses for them (dictionary.h knows them all).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::dicom {

struct Tag {
  std::uint32_t value = 0;  // group in the upper 16 bits

  constexpr Tag() = default;
  constexpr explicit Tag(std::uint32_t v) : value(v) {}
  constexpr Tag(std::uint16_t group, std::uint16_t element) : value(std::uint32_t{group} << 16 | element) {}

  constexpr std::uint16_t group() const { return static_cast<std::uint16_t>(value >> 16); }
  constexpr std::uint16_t element() const { return static_cast<std::uint16_t>(value); }
  constexpr bool is_private() const { return (group() & 1) != 0; }

  std::string hex() const;   // "00280010", as DICOM JSON and DICOMweb paths write it
  std::string text() const;  // "(0028,0010)", as people and error messages write it

  friend constexpr auto operator<=>(const Tag&, const Tag&) = default;
};

// "00280010" (any case) to a Tag.
Result<Tag> parse_tag(std::string_view hex);

}  // namespace tessera::dicom
