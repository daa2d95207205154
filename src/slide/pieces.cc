#include "slide/pieces.h"

#include <algorithm>

#include "slide/tiled_level.h"

namespace tessera::slide {

namespace {

constexpr std::uint64_t kMaxPieces = 65536;
constexpr std::uint64_t kMaxPiece = std::uint64_t{64} << 20;  // compressed bytes of one
constexpr std::uint32_t kLongestSide = 65535;

std::uint16_t counts_tag(const TiffDirectory& directory) {
  return is_tiled(directory) ? tiff::kTileByteCounts : tiff::kStripByteCounts;
}

}  // namespace

std::uint16_t offsets_tag(const TiffDirectory& directory) {
  return is_tiled(directory) ? tiff::kTileOffsets : tiff::kStripOffsets;
}

Result<std::vector<ByteRange>> read_places(const TiffFile& file, const TiffDirectory& directory, const Cut& cut) {
  const bool tiles = is_tiled(directory);
  const std::uint16_t counts = counts_tag(directory);
  if (cut.pieces > kMaxPieces) {
    return file.unsupported(
        directory, offsets_tag(directory),
        std::to_string(cut.pieces) + " pieces of one image; at most " + std::to_string(kMaxPieces) + " are handled");
  }
  for (const std::uint16_t tag : {offsets_tag(directory), counts}) {
    const TiffEntry* entry = directory.find(tag);
    if (entry == nullptr || entry->count != cut.pieces) {
      return file.corrupt(directory, tag,
                          "has " + std::to_string(entry == nullptr ? 0 : entry->count) + " values for " +
                              std::to_string(cut.pieces) + (tiles ? " tiles" : " strips"));
    }
  }
  std::vector<ByteRange> places;
  RETURN_IF_ERROR(file.each_number(directory, offsets_tag(directory), [&](std::uint64_t offset) {
    places.push_back({offset, 0});
    return Status();
  }));
  const std::uint64_t size = file.source()->size();
  std::size_t at = 0;
  RETURN_IF_ERROR(file.each_number(directory, counts, [&](std::uint64_t count) -> Status {
    ByteRange& place = places[at];
    if (count == 0 || place.offset > size || count > size - place.offset) {
      return file.corrupt(directory, offsets_tag(directory),
                          std::string(tiles ? "tile " : "strip ") + std::to_string(at) + " (" + std::to_string(count) +
                              " bytes at byte " + std::to_string(place.offset) +
                              ") is empty or runs beyond the end of the file (" + std::to_string(size) + " bytes)");
    }
    place.length = count;
    ++at;
    return {};
  }));
  return places;
}

Result<Cut> read_cut(const TiffFile& file, const TiffDirectory& directory, const PixelTags& tags) {
  if (is_tiled(directory)) {
    TRY_ASSIGN(const std::uint32_t width, read_size(file, directory, tiff::kTileWidth, kLongestSide));
    TRY_ASSIGN(const std::uint32_t height, read_size(file, directory, tiff::kTileLength, kLongestSide));
    const std::uint64_t columns = (tags.width + width - 1) / width;
    return Cut{height, columns * ((tags.height + height - 1) / height), width == tags.width};
  }
  TRY_ASSIGN(std::uint64_t rows, file.number(directory, tiff::kRowsPerStrip, tags.height));
  if (rows == 0) {
    return file.corrupt(directory, tiff::kRowsPerStrip, "is 0");
  }
  rows = std::min<std::uint64_t>(rows, tags.height);
  return Cut{static_cast<std::uint32_t>(rows), (tags.height + rows - 1) / rows, true};
}

Result<ByteBuffer> read_piece(const TiffFile& file, const TiffDirectory& directory, const ByteRange& place) {
  if (place.length > kMaxPiece) {
    return file.unsupported(
        directory, counts_tag(directory),
        std::to_string(place.length) + " bytes; at most " + std::to_string(kMaxPiece) + " are handled");
  }
  ByteBuffer bytes(place.length);
  RETURN_IF_ERROR(file.source()->read_now(place.offset, bytes));
  return bytes;
}

}  // namespace tessera::slide
