// tile_copier: the frames of an image as encapsulated items, or plain where they are native, in pieces of about 1 MiB.
// Tiles that lie near each other in the source are read in one stretch; what is held is one batch of tiles and one
// output piece, whatever the slide's size.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rope.h"
#include "convert/layout.h"
#include "slide/slide_source.h"

namespace tessera::convert {

// Gathers small writes into pieces of kPiece bytes. One thread's.
class PieceWriter {
 public:
  static constexpr std::size_t kPiece = std::size_t{1} << 20;

  explicit PieceWriter(Emit emit) : emit_(std::move(emit)) { buffer_.reserve(kPiece); }

  Status put(ByteView bytes);
  Status flush();
  std::uint64_t written() const { return written_ + buffer_.size(); }

 private:
  const Emit emit_;
  ByteBuffer buffer_;
  std::uint64_t written_ = 0;
};

// Writes an item per tile and the delimiter after the last; native tiles one after the other. Internal when a tile's
// rope is not as long as tile_bytes() promised: the offset table before it would lie.
class TileCopier {
 public:
  TileCopier(const slide::SlideSource& source, std::size_t image, PieceWriter& out)
      : source_(source), image_(image), native_(source.images()[image].coding.is_native()), out_(out) {}

  Status run();

 private:
  Status add(std::uint32_t column, std::uint32_t row);
  Status write_batch();
  Status finish();
  Status write_item(const Rope& tile, std::size_t& next_range);
  Status write_range(const SourceRange& piece, std::size_t ordinal);
  Status fill_window(std::size_t ordinal);
  MutableBytes window_space(std::uint64_t length);

  const slide::SlideSource& source_;
  const std::size_t image_;
  const bool native_;
  PieceWriter& out_;
  std::uint64_t bytes_ = 0;  // of all tiles so far
  std::vector<Rope> batch_;
  std::uint64_t batch_bytes_ = 0;
  std::vector<const SourceRange*> ranges_;  // of the batch, in order; they point into batch_
  ByteBuffer window_;                       // a stretch of the source
  const RangeSource* window_source_ = nullptr;
  ByteRange window_range_;
};

}  // namespace tessera::convert
