// ColorSpace: the spaces that pictures can be shown in, and a profile of each to embed. Used by archive/render and
// color_table.h. Values; safe from many threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace tessera::codec {

enum class ColorSpace : std::uint8_t { Srgb, AdobeRgb, RommRgb, DisplayP3 };
// "srgb", "adobergb", "rommrgb", "displayp3", in any case.
std::optional<ColorSpace> color_space_of(std::string_view name);

// ICC version 4, some 500 bytes: no time stamp of its making, the same bytes in every call and run. Kept for good.
const ByteBuffer& profile_of(ColorSpace space);

}  // namespace tessera::codec
