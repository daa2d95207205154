#include "convert/tile_copier.h"

#include <algorithm>

#include "convert/identity.h"

namespace tessera::convert {

namespace {

constexpr std::uint64_t kBatch = std::uint64_t{1} << 20;
constexpr std::size_t kBatchTiles = 1024;
// Reading a gap of this many bytes costs less than another system call.
constexpr std::uint64_t kGap = 16 * 1024;
constexpr std::uint64_t kWindow = std::uint64_t{2} << 20;

constexpr std::uint8_t kPad = 0;
constexpr std::uint8_t kSequenceEnd[] = {0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0};

}  // namespace

Status PieceWriter::put(ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), kPiece - buffer_.size());
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(part));
    bytes = bytes.subspan(part);
    if (buffer_.size() == kPiece) {
      RETURN_IF_ERROR(flush());
    }
  }
  return {};
}

Status PieceWriter::flush() {
  if (buffer_.empty()) {
    return {};
  }
  RETURN_IF_ERROR(emit_(buffer_));
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status TileCopier::run() {
  RETURN_IF_ERROR(each_tile(source_.images()[image_],
                            [this](std::uint32_t column, std::uint32_t row) { return add(column, row); }));
  RETURN_IF_ERROR(write_batch());
  return finish();
}

Status TileCopier::finish() {
  if (!native_) {
    return out_.put(kSequenceEnd);
  }
  return (bytes_ & 1) != 0 ? out_.put(ByteView(&kPad, 1)) : Status();
}

Status TileCopier::add(std::uint32_t column, std::uint32_t row) {
  TRY_ASSIGN(Rope tile, source_.tile(image_, column, row));
  TRY_ASSIGN(const std::uint64_t promised, source_.tile_bytes(image_, column, row));
  if (tile.size() != promised) {
    return Status(Code::Internal, image_name(source_, image_) + ", column " + std::to_string(column) + ", row " +
                                      std::to_string(row) + ": a tile of " + std::to_string(tile.size()) +
                                      " bytes was laid out as " + std::to_string(promised));
  }
  bytes_ += tile.size();
  batch_bytes_ += tile.size();
  batch_.push_back(std::move(tile));
  return batch_bytes_ >= kBatch || batch_.size() >= kBatchTiles ? write_batch() : Status();
}

Status TileCopier::write_batch() {
  ranges_.clear();
  for (const Rope& tile : batch_) {
    for (const Piece& piece : tile.pieces()) {
      if (const auto* range = std::get_if<SourceRange>(&piece)) {
        ranges_.push_back(range);
      }
    }
  }
  std::size_t next_range = 0;
  for (const Rope& tile : batch_) {
    RETURN_IF_ERROR(write_item(tile, next_range));
  }
  batch_.clear();
  batch_bytes_ = 0;
  window_source_ = nullptr;  // its owner may go with the batch
  return {};
}

Status TileCopier::write_item(const Rope& tile, std::size_t& next_range) {
  if (!native_) {
    const auto padded = static_cast<std::uint32_t>(tile.size() + (tile.size() & 1));
    std::uint8_t head[8] = {0xFE, 0xFF, 0x00, 0xE0};
    store_le(head + 4, padded);
    RETURN_IF_ERROR(out_.put(head));
  }
  for (const Piece& piece : tile.pieces()) {
    if (const auto* text = std::get_if<Inline>(&piece)) {
      RETURN_IF_ERROR(out_.put(as_bytes(text->bytes)));
    } else {
      RETURN_IF_ERROR(write_range(std::get<SourceRange>(piece), next_range++));
    }
  }
  return !native_ && (tile.size() & 1) != 0 ? out_.put(ByteView(&kPad, 1)) : Status();
}

Status TileCopier::write_range(const SourceRange& piece, std::size_t ordinal) {
  const auto inside = [&] {
    return window_source_ == piece.source.get() && piece.range.offset >= window_range_.offset &&
           piece.range.end() <= window_range_.end();
  };
  if (piece.range.length > kWindow) {  // a tile larger than the window: in stretches
    window_source_ = nullptr;
    for (std::uint64_t at = 0; at < piece.range.length;) {
      const MutableBytes part = window_space(std::min(kWindow, piece.range.length - at));
      RETURN_IF_ERROR(read_fully(*piece.source, piece.range.offset + at, part));
      RETURN_IF_ERROR(out_.put(part));
      at += part.size();
    }
    return {};
  }
  if (!inside()) {
    RETURN_IF_ERROR(fill_window(ordinal));
  }
  return out_.put(ByteView(window_).subspan(piece.range.offset - window_range_.offset, piece.range.length));
}

MutableBytes TileCopier::window_space(std::uint64_t length) {
  if (window_.size() < length) {
    window_.resize(length);  // grows only: shrinking would mean clearing the same bytes again
  }
  return MutableBytes(window_).first(length);
}

Status TileCopier::fill_window(std::size_t ordinal) {
  const SourceRange& first = *ranges_[ordinal];
  window_range_ = first.range;
  for (std::size_t i = ordinal + 1; i < ranges_.size(); ++i) {
    const SourceRange& next = *ranges_[i];
    const bool near = next.source == first.source && next.range.offset >= window_range_.end() &&
                      next.range.offset - window_range_.end() <= kGap;
    if (!near || next.range.end() - window_range_.offset > kWindow) {
      break;
    }
    window_range_.length = next.range.end() - window_range_.offset;
  }
  window_source_ = nullptr;
  RETURN_IF_ERROR(read_fully(*first.source, window_range_.offset, window_space(window_range_.length)));
  window_source_ = first.source.get();
  return {};
}

}  // namespace tessera::convert
