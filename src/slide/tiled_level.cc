#include "slide/tiled_level.h"

#include <algorithm>
#include <limits>

#include "codec/blank_jpeg.h"
#include "slide/pixel_tags.h"

namespace tessera::slide {

namespace {

// 4M tiles of 256 pixels are 512k x 512k pixels; offsets and byte counts of one level then take 48 MiB.
constexpr std::uint64_t kMaxTiles = std::uint64_t{1} << 22;
constexpr std::uint64_t kMaxTileEdge = 16384;
constexpr std::uint64_t kMaxTables = 64 * 1024;
// Most heads (tables included) are below 1 KiB; metadata segments may make them longer.
constexpr std::size_t kHeadProbe = 2 * 1024;
constexpr std::size_t kMaxHead = 256 * 1024;
// Where a tile's last marker is looked for: at its end first, then from there to its front.
constexpr std::uint64_t kTailProbe = 32;
constexpr std::uint64_t kEndProbe = 64 * 1024;

}  // namespace

Result<TiledLevel> TiledLevel::open(const TiffFile& file, const LevelDirectory& stated) {
  const TiffDirectory& directory = *stated.directory;
  TiledLevel level;
  level.file_name_ = file.name();
  level.directory_name_ = directory.name;
  level.source_ = file.source();
  RETURN_IF_ERROR(level.read_layout(file, directory));
  RETURN_IF_ERROR(level.read_places(file, directory));
  RETURN_IF_ERROR(level.cut_padding(file, stated));
  RETURN_IF_ERROR(level.read_coding(file, directory));
  return level;
}

Status TiledLevel::read_layout(const TiffFile& file, const TiffDirectory& directory) {
  TRY_ASSIGN(const std::uint64_t compression, file.number(directory, tiff::kCompression, 1));
  if (compression != tiff::kCompressionJpeg) {
    return file.unsupported(directory, tiff::kCompression,
                            tiff::compression_text(compression) + (is_tiled(directory) ? " tiles" : " strips") +
                                " cannot be copied; only JPEG tiles can");
  }
  if (!is_tiled(directory)) {
    return file.unsupported(directory, tiff::kTileOffsets,
                            "is missing: JPEG strips cannot be copied; only JPEG tiles can");
  }
  TRY_ASSIGN(const PixelTags tags, read_pixel_tags(file, directory));
  level_.width = tags.width;
  level_.height = tags.height;
  level_.coding.samples_per_pixel = tags.samples;
  TRY_ASSIGN(level_.tile_width, read_size(file, directory, tiff::kTileWidth, kMaxTileEdge));
  TRY_ASSIGN(level_.tile_height, read_size(file, directory, tiff::kTileLength, kMaxTileEdge));
  return {};
}

Status TiledLevel::read_places(const TiffFile& file, const TiffDirectory& directory) {
  const std::uint64_t tiles = std::uint64_t{level_.columns()} * level_.rows();
  if (tiles > kMaxTiles) {
    return file.unsupported(
        directory, tiff::kTileOffsets,
        std::to_string(tiles) + " tiles in one level; at most " + std::to_string(kMaxTiles) + " are handled");
  }
  for (const std::uint16_t tag : {tiff::kTileOffsets, tiff::kTileByteCounts}) {
    const TiffEntry* entry = directory.find(tag);
    if (entry != nullptr && entry->count != tiles) {
      return file.corrupt(directory, tag,
                          "has " + std::to_string(entry->count) + " values for " + std::to_string(tiles) + " tiles (" +
                              std::to_string(level_.columns()) + " x " + std::to_string(level_.rows()) + ")");
    }
  }
  // The arrays are taken only after each_number() has seen that the file is long enough to hold them.
  RETURN_IF_ERROR(file.each_number(directory, tiff::kTileOffsets, [&](std::uint64_t offset) {
    offsets_.push_back(offset);
    return Status();
  }));
  const std::uint64_t size = source_->size();
  return file.each_number(directory, tiff::kTileByteCounts, [&](std::uint64_t count) -> Status {
    const std::uint64_t offset = offsets_[counts_.size()];
    if (count > 0 && (offset > size || count > size - offset || count >= std::numeric_limits<std::uint32_t>::max())) {
      return file.corrupt(directory, tiff::kTileOffsets,
                          "tile " + std::to_string(counts_.size()) + " (" + std::to_string(count) + " bytes at byte " +
                              std::to_string(offset) + ") runs beyond the end of the file (" + std::to_string(size) +
                              " bytes)");
    }
    missing_ += count == 0 ? 1 : 0;
    counts_.push_back(static_cast<std::uint32_t>(count));
    return {};
  });
}

// Tiles that lie wholly in the padding go, and with them their places in both arrays.
Status TiledLevel::cut_padding(const TiffFile& file, const LevelDirectory& stated) {
  if (stated.width == 0 || stated.height == 0) {
    return {};
  }
  struct Side {
    std::uint16_t tag;
    std::uint64_t padded, wanted, tile;
  };
  for (const Side& side : {Side{tiff::kImageWidth, level_.width, stated.width, level_.tile_width},
                           Side{tiff::kImageLength, level_.height, stated.height, level_.tile_height}}) {
    // Halving pads by less than a tile (and a pixel, where sizes were rounded up); more is another picture.
    if (side.wanted > side.padded || side.padded - side.wanted > side.tile) {
      return file.corrupt(
          *stated.directory, side.tag,
          std::to_string(side.padded) + " is not the padded size of a level of " + std::to_string(side.wanted));
    }
  }
  const std::uint64_t stride = level_.columns();
  level_.width = stated.width;
  level_.height = stated.height;
  missing_ = 0;
  for (std::uint64_t row = 0, to = 0; row < level_.rows(); ++row) {
    for (std::uint64_t column = 0; column < level_.columns(); ++column, ++to) {
      offsets_[to] = offsets_[row * stride + column];
      counts_[to] = counts_[row * stride + column];
      missing_ += counts_[to] == 0 ? 1 : 0;
    }
  }
  const std::uint64_t tiles = std::uint64_t{level_.columns()} * level_.rows();
  offsets_.resize(tiles);
  counts_.resize(tiles);
  return {};
}

Status TiledLevel::read_coding(const TiffFile& file, const TiffDirectory& directory) {
  const auto first = std::find_if(counts_.begin(), counts_.end(), [](std::uint32_t count) { return count != 0; });
  if (first == counts_.end()) {
    return file.corrupt(directory, tiff::kTileByteCounts, "is 0 for every tile: the level holds no image");
  }
  TRY_ASSIGN(const ByteBuffer raw, file.bytes(directory, tiff::kJPEGTables, kMaxTables));
  const auto tables = codec::scan_jpeg_tables(raw);
  if (!tables.ok()) {
    return file.corrupt(directory, tiff::kJPEGTables, tables.status().message());
  }
  TRY_ASSIGN(const codec::JpegHead head, read_head(static_cast<std::uint64_t>(first - counts_.begin())));
  codec::JpegHead whole = head;  // as a decoder of prefix and tile sees it
  if (!whole.app14_transform) {
    whole.app14_transform = tables->app14_transform;
  }
  TRY_ASSIGN(level_.coding, jpeg_coding(file, directory, level_.coding.samples_per_pixel, whole));
  rgb_ = level_.coding.photometric == "RGB";
  tables_ = tables->present;
  prefix_ = codec::jpeg_prefix(*tables, head, rgb_);
  if (!prefix_.empty()) {  // what other tiles may count on is what the prefix really holds
    const std::string closed = prefix_ + "\xFF\xD9";
    TRY_ASSIGN(const codec::JpegTablesStream held, codec::scan_jpeg_tables(as_bytes(closed)));
    prefix_tables_ = held.present;
    prefix_app14_ = held.app14_transform;
  }
  RETURN_IF_ERROR(check_tile(static_cast<std::uint64_t>(first - counts_.begin()), head));
  if (missing_ > 0) {
    TRY_ASSIGN(blank_, codec::blank_jpeg_tile(head, rgb_));
  }
  return {};
}

std::string TiledLevel::place(std::uint64_t index) const {
  return file_name_ + ", " + directory_name_ + ", " + tiff::tag_text(tiff::kTileOffsets) + ": tile " +
         std::to_string(index) + " (column " + std::to_string(index % level_.columns()) + ", row " +
         std::to_string(index / level_.columns()) + ")";
}

Result<codec::JpegHead> TiledLevel::read_head(std::uint64_t index) const {
  const std::size_t all = counts_[index];
  for (std::size_t probe = kHeadProbe;; probe *= 8) {
    ByteBuffer bytes(std::min({probe, all, kMaxHead}));
    RETURN_IF_ERROR(source_->read_now(offsets_[index], bytes));
    auto head = codec::scan_jpeg_head(bytes);
    if (!head.ok()) {
      return head.status().while_doing(place(index));
    }
    if (*head) {
      return std::move(**head);
    }
    if (probe >= std::min(all, kMaxHead)) {
      return Status(Code::Corrupt, place(index) + ": the JPEG ends before its first scan");
    }
  }
}

Status TiledLevel::check_tile(std::uint64_t index, const codec::JpegHead& head) const {
  const auto wrong = [&](Code code, const std::string& why) { return Status(code, place(index) + ": " + why); };
  if (head.sof != 0xC0 || head.precision != 8) {
    return wrong(Code::Unsupported, "not baseline JPEG of 8 bits (SOF" + std::to_string(head.sof - 0xC0) + ", " +
                                        std::to_string(head.precision) + " bits)");
  }
  if (head.width != level_.tile_width || head.height != level_.tile_height) {
    return wrong(Code::Corrupt, "its JPEG is " + std::to_string(head.width) + " x " + std::to_string(head.height) +
                                    ", the directory says " + std::to_string(level_.tile_width) + " x " +
                                    std::to_string(level_.tile_height));
  }
  if (head.components.size() != level_.coding.samples_per_pixel) {
    return wrong(Code::Corrupt, "its JPEG has " + std::to_string(head.components.size()) +
                                    " components, the directory says " +
                                    std::to_string(level_.coding.samples_per_pixel));
  }
  if (!head.present.with(prefix_tables_, head.needed)) {
    // Tables that the first tile has itself are not put before tiles, so that those stay as they are.
    return head.present.with(tables_, head.needed)
               ? wrong(Code::Unsupported,
                       "it takes JPEG tables from tag 347, of which the level's first tile has its own")
               : wrong(Code::Corrupt, "it needs JPEG tables that neither it nor tag 347 JPEGTables has");
  }
  codec::JpegHead whole = head;
  if (!whole.app14_transform) {
    whole.app14_transform = prefix_app14_;
  }
  const bool says_rgb = whole.stated_color() == codec::JpegColor::Rgb;
  if (level_.coding.samples_per_pixel == 3 && says_rgb != rgb_) {
    return wrong(Code::Corrupt,
                 "its colours are not those of the level's first tile (" + level_.coding.photometric + ")");
  }
  return {};
}

// That the byte count of tag 325 takes in the whole tile: its EOI, which no scan holds (T.81 B.1.1.5), is the last
// thing but for what writers pad with.
Status TiledLevel::check_end(std::uint64_t index) const {
  constexpr std::string_view kEoi = "\xFF\xD9";
  const std::uint64_t begin = offsets_[index];
  ByteBuffer bytes;
  for (std::uint64_t left = counts_[index], part = kTailProbe; left > 1; part = kEndProbe) {
    bytes.resize(std::min(left, part));
    RETURN_IF_ERROR(source_->read_now(begin + left - bytes.size(), bytes));
    if (as_text(bytes).rfind(kEoi) != std::string_view::npos) {
      return {};
    }
    left -= bytes.size() - 1;  // an EOI may lie across
  }
  return Status(Code::Corrupt, place(index) + ": its " + std::to_string(counts_[index]) +
                                   " bytes (tag 325 TileByteCounts) end before its JPEG does (no EOI)");
}

Result<Rope> TiledLevel::tile(std::uint64_t index) const {
  Rope rope;
  if (is_missing(index)) {
    rope.append(blank_);
    return rope;
  }
  TRY_ASSIGN(const codec::JpegHead head, read_head(index));
  RETURN_IF_ERROR(check_tile(index, head));
  RETURN_IF_ERROR(check_end(index));
  const std::uint64_t skip = prefix_.empty() ? 0 : 2;  // the tile's SOI: the prefix begins with one
  if (!prefix_.empty()) {
    rope.append(prefix_);
  }
  rope.append(source_, ByteRange{offsets_[index] + skip, counts_[index] - skip});
  return rope;
}

std::uint64_t TiledLevel::tile_bytes(std::uint64_t index) const {
  if (is_missing(index)) {
    return blank_.size();
  }
  return counts_[index] + (prefix_.empty() ? 0 : prefix_.size() - 2);
}

}  // namespace tessera::slide
