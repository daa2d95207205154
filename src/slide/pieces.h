// pieces: the strips or tiles that a directory's image is cut into, and where they lie in the file, each checked
// against its end. For associated images, whose pieces are few; levels keep tighter tables (tiled_level.h).
#pragma once

#include <cstdint>
#include <vector>

#include "slide/pixel_tags.h"
#include "slide/tiff_file.h"

namespace tessera::slide {

struct Cut {
  std::uint32_t rows = 0;  // of a piece; the last may have fewer
  std::uint64_t pieces = 0;
  bool strips = true;  // every piece as wide as the image, tiles of that width too
};

Result<Cut> read_cut(const TiffFile& file, const TiffDirectory& directory, const PixelTags& tags);

// Corrupt naming the tag and the piece that is empty or runs beyond the file.
Result<std::vector<ByteRange>> read_places(const TiffFile& file, const TiffDirectory& directory, const Cut& cut);

// A piece's compressed bytes; Unsupported above 64 MiB.
Result<ByteBuffer> read_piece(const TiffFile& file, const TiffDirectory& directory, const ByteRange& place);

// Tag 324 or 273: what messages about pieces name.
std::uint16_t offsets_tag(const TiffDirectory& directory);

}  // namespace tessera::slide
