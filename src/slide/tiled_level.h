// TiledLevel: one TIFF directory whose tiles are baseline JPEG, ready to hand tiles out as DICOM frames.
// Every pyramid that is read is made of these; what a directory must be is checked here once, at open.
//
// Colours as slide/pixel_tags.h tells them; where they are RGB and the tile does not say so, APP14 is put in.
//
// Memory: 12 bytes per tile. Immutable after open; tile() is safe from many threads and reads two small pieces
// of the file, the tile's head and its end, to see that the tile is what the directory says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/jpeg_stream.h"
#include "slide/slide_source.h"
#include "slide/tiff_file.h"

namespace tessera::slide {

// A directory as a level. Some scanners (Philips) round a level's tags 256 and 257 up to whole tiles; its true
// size, where it is known from elsewhere, then cuts the padding off.
struct LevelDirectory {
  const TiffDirectory* directory = nullptr;
  std::uint32_t width = 0, height = 0;  // 0: what the directory says
};

class TiledLevel {
 public:
  // Unsupported naming compression, layout and directory for what cannot be copied; Corrupt for what is
  // damaged.
  static Result<TiledLevel> open(const TiffFile& file, const LevelDirectory& level);

  const Image& level() const { return level_; }
  const std::string& directory() const { return directory_name_; }
  std::uint64_t missing_tiles() const { return missing_; }

  // `index` is row * columns + column, within the level.
  Result<Rope> tile(std::uint64_t index) const;
  std::uint64_t tile_bytes(std::uint64_t index) const;

 private:
  Status read_layout(const TiffFile& file, const TiffDirectory& directory);
  Status read_places(const TiffFile& file, const TiffDirectory& directory);
  Status cut_padding(const TiffFile& file, const LevelDirectory& level);
  Status read_coding(const TiffFile& file, const TiffDirectory& directory);
  Result<codec::JpegHead> read_head(std::uint64_t index) const;
  Status check_tile(std::uint64_t index, const codec::JpegHead& head) const;
  Status check_end(std::uint64_t index) const;
  std::string place(std::uint64_t index) const;
  bool is_missing(std::uint64_t index) const { return counts_[index] == 0; }

  Image level_;
  std::string file_name_, directory_name_;
  std::shared_ptr<FileSource> source_;
  std::vector<std::uint64_t> offsets_;  // of each tile in the file
  std::vector<std::uint32_t> counts_;   // bytes of each tile; 0: the scanner left it out
  std::uint64_t missing_ = 0;
  std::string prefix_;        // put before every tile, whose own SOI is then left out
  std::string blank_;         // what a missing tile becomes
  codec::JpegTables tables_;  // that tag 347 has
  codec::JpegTables prefix_tables_;
  std::optional<std::uint8_t> prefix_app14_;
  bool rgb_ = false;
};

// Whether a directory is made of tiles rather than strips.
inline bool is_tiled(const TiffDirectory& directory) {
  return directory.has(tiff::kTileOffsets);
}

}  // namespace tessera::slide
