// Picture: what is shown: 8 bits a sample, gray (1) or RGB (3), row after row without gaps. Made by display.h, changed
// by area_scaler.h and color_table.h, and encoded here for browsers. Used by archive/render. Values.
//
// Pure functions, safe from many threads. Encoded bytes are the same for the same picture and settings. Failures:
// InvalidArgument for a picture that contradicts itself or a quality outside 1 to 100, Unsupported beyond the format's
// own size, Internal with the library's words when it refuses.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::codec {

struct Picture {
  std::uint32_t width = 0, height = 0;
  std::uint16_t channels = 3;
  ByteBuffer bytes;

  std::size_t row_bytes() const { return std::size_t{width} * channels; }
};

enum class PictureFormat : std::uint8_t { Jpeg, Png, Webp };
std::string_view media_type(PictureFormat format);

// The quality is not used by Png, which loses nothing; Jpeg keeps the chroma whole from 90 on. `icc`, when not empty,
// is embedded: APP2 of JPEG, iCCP of PNG, ICCP of WebP; gray pictures take none, as an RGB profile says nothing about
// them. Sides: JPEG up to 65,500, WebP 16,383, PNG 2^30.
Result<ByteBuffer> encode_picture(const Picture& picture, PictureFormat format, int quality, ByteView icc);

// Bilinear, to a larger or equal size (a smaller side stays as it is). An empty or contradictory picture gives an empty
// one.
Picture enlarge(const Picture& picture, std::uint32_t width, std::uint32_t height);

}  // namespace tessera::codec
