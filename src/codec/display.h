// How pixel values become what is shown: PS3.3 C.11.1 modality LUT as slope and intercept, C.11.2 VOI window,
// C.7.6.3.1.5 palettes. Used by archive/render.
//
// Pure functions, safe from many threads. Failures: Unsupported with the photometric interpretation's name, Corrupt
// when pixels contradict their layout or a palette is missing, InvalidArgument for a window that the standard does not
// allow.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "codec/picture.h"
#include "codec/pixels.h"

namespace tessera::codec {

enum class WindowFunction : std::uint8_t { Linear, LinearExact, Sigmoid };

struct Window {
  double center = 0, width = 0;
  WindowFunction function = WindowFunction::Linear;
};

// 8-bit entries already: 16-bit tables are reduced by who reads them.
struct Palette {
  std::int32_t first = 0;  // the value that entry 0 is for
  ByteBuffer red, green, blue;
};

struct DisplayRules {
  double slope = 1, intercept = 0;
  std::optional<Window> window;            // of values after slope and intercept
  std::shared_ptr<const Palette> palette;  // shared: one of an image, used by all of its frames at once
  bool full_range = false;  // without a window: the whole range that BitsStored can hold, instead of the frame's own
                            // minimum and maximum
};

// RGB and YBR_FULL of 8 bits give RGB; RGB of more bits the high ones of BitsStored; MONOCHROME1 and 2 gray, the first
// inverted; PALETTE COLOR RGB. A frame of one value alone is shown as in the full range.
Result<Picture> to_picture(const Pixels& pixels, const DisplayRules& rules);

}  // namespace tessera::codec
