// Byte order: which bytes of a value big endian turns around (PS3.5 7.3), and turning them. Pure functions, any thread.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/bytes.h"
#include "dicom/vr.h"

namespace tessera::dicom {

// The bytes of one number; 2 for AT, which is a pair of them; 1 for text and OB.
inline std::size_t swap_unit(Vr vr) {
  const std::uint8_t unit = vr_row(vr).unit;
  return vr == Vr::AT ? 2 : std::max<std::size_t>(unit, 1);
}

// What is left over behind the last whole unit stays as it is.
inline void swap_units(MutableBytes bytes, std::size_t unit) {
  for (std::size_t at = 0; at + unit <= bytes.size(); at += unit) {
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    std::reverse(first, first + static_cast<std::ptrdiff_t>(unit));
  }
}

}  // namespace tessera::dicom
