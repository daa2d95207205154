// pixel_tags: what a directory's tags say of its pixels, refused where they are not what an image may be made
// of: 8 bits, 1 or 3 samples side by side, not turned. Levels and associated images read them alike.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "codec/jpeg_stream.h"
#include "slide/slide_source.h"
#include "slide/tiff_file.h"

namespace tessera::slide {

struct PixelTags {
  std::uint32_t width = 0, height = 0;  // 1 to 2^31 - 1
  std::uint16_t samples = 0;            // 1 or 3
};

// Unsupported or Corrupt naming directory and tag.
Result<PixelTags> read_pixel_tags(const TiffFile& file, const TiffDirectory& directory);

// A number from 1 to `limit`; Corrupt naming the tag for any other.
Result<std::uint32_t> read_size(const TiffFile& file, const TiffDirectory& directory, std::uint16_t tag,
                                std::uint64_t limit);

// The coding of baseline JPEG frames of `samples`. What the stream states about its colours (JFIF, APP14,
// component ids) wins over tag 262, because that is what every decoder of the frame will do; where it states
// nothing, tag 262 decides. (Some writers tag YCbCr JFIF tiles as RGB: they come out right, not as libtiff
// would show them.) `whole` is the head as a decoder of tag 347 and tile together sees it.
Result<TileCoding> jpeg_coding(const TiffFile& file, const TiffDirectory& directory, std::uint16_t samples,
                               const codec::JpegHead& whole);

inline constexpr std::string_view kJpegBaselineSyntax = "1.2.840.10008.1.2.4.50";  // Process 1

}  // namespace tessera::slide
