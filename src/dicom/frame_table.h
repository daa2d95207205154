// Frame table: where each frame of an instance lies in its content (its blob, or what a deflated blob was inflated
// to). Made once at ingest, read for every tile.
//
//   table      := header blocks exceptions    (all little endian; bytes in doc/on-disk-format.md)
//   header     := magic "TSFT", version, kind, frame count, blob size and hash, geometry …     128 bytes, checksummed
//   block      := u64 base, then for each of 512 frames a 5-byte span                         2576 bytes, checksummed
//   exceptions := the fragments of frames that have several                                    checksummed
//
// A frame's span reaches from its first item tag to the next frame's: items stand without gaps, so spans give
// offsets and lengths at once, and 5 bytes are enough for any frame up to 512 GiB. An empty frame is an
// extent of no bytes.
//
// Native pixel data has a header only: offsets are computed. The table is derived: checksummed, not fsynced,
// rebuilt when absent or wrong. Finding a frame costs one read of the block (block_range) and no other;
// first, middle and last cost the same. This file is pure bytes: the archive does the reading and caching.
// Values are immutable after parsing and safe from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "dicom/ids.h"
#include "dicom/token.h"

namespace tessera::dicom {

inline constexpr std::uint32_t kFramesPerBlock = 512;
inline constexpr std::size_t kFrameTableHeaderBytes = 128;
inline constexpr std::size_t kBlockBytes =
    8 + kFramesPerBlock * 5 + 8;  // of every block but the last, which is shorter
inline constexpr std::size_t kMaxBlockBytes = 4096;
static_assert(kBlockBytes <= kMaxBlockBytes);
// Instances with frames of several fragments are indexed up to this many fragments, which bounds what is held
// at ingest (about 4 MiB) and the exceptions that a reader holds. One fragment per frame has no such limit.
inline constexpr std::uint32_t kMaxGroupedFragments = 256 * 1024;

enum class FrameKind : std::uint8_t {
  None,          // no pixel data
  Native,        // frames of equal size at computed places
  NativeBits,    // 1-bit frames packed without gaps: a frame may start inside a byte
  Encapsulated,  // listed in blocks
};

// Where one frame is: one extent for nearly every frame, several where it has several fragments.
struct FrameExtents {
  std::vector<ByteRange> fragments;  // in the content, in order
  std::uint8_t first_bit = 0;        // NativeBits: bits to drop from the first byte
  std::uint64_t bytes() const;
};

struct FrameTableHeader {
  FrameKind kind = FrameKind::None;
  std::uint32_t frame_count = 0;
  std::uint64_t blob_size = 0;
  std::uint64_t blob_hash = 0;     // xxh3 of the blob: a table that does not match its blob is rebuilt
  std::uint64_t content_size = 0;  // what places count in and must lie within: the blob, or its inflated form
  std::uint64_t first_offset = 0;  // Native: first byte of PixelData
  std::uint64_t frame_bits = 0;    // Native: bits of one frame
  std::uint64_t exceptions_offset = 0;
  std::uint64_t exceptions_bytes = 0;
  std::uint32_t exception_count = 0;

  static Result<FrameTableHeader> parse(ByteView bytes);  // kFrameTableHeaderBytes of them
  ByteBuffer encode() const;

  // All below: `frame` must be below frame_count.
  // Native kinds: the answer, without any read.
  FrameExtents compute(FrameIndex frame) const;
  // Encapsulated: what to read to find this frame; at most kMaxBlockBytes.
  ByteRange block_range(FrameIndex frame) const;
  static FrameIndex first_frame_of_block(FrameIndex frame) {
    return FrameIndex{frame.value - frame.value % kFramesPerBlock};
  }
  // The exceptions, to be read once per table (empty range when there are none).
  ByteRange exceptions_range() const { return {exceptions_offset, exceptions_bytes}; }
};

// A block read and checked.
class FrameBlock {
 public:
  static Result<FrameBlock> parse(const FrameTableHeader& header, FrameIndex first_frame_of_block, ByteView bytes);
  // One extent; nothing when the frame is an exception (look it up in FrameExceptions).
  bool find(FrameIndex frame, ByteRange& extent) const;

 private:
  static constexpr ByteRange kException{UINT64_MAX, UINT64_MAX};

  std::uint32_t first_frame_ = 0;
  std::vector<ByteRange> extents_;
};

class FrameExceptions {
 public:
  static Result<FrameExceptions> parse(const FrameTableHeader& header, ByteView bytes);
  // The fragments of an exceptional frame; nothing when the frame is none.
  std::optional<FrameExtents> find(FrameIndex frame) const;

 private:
  struct Row {
    std::uint32_t frame;
    std::uint32_t fragments;
    std::uint64_t first_item;  // in the blob: its item tag
    std::size_t lengths_at;    // in lengths_
  };
  std::vector<Row> rows_;  // sorted by frame
  std::vector<std::uint32_t> lengths_;
};

// Builds the table in the same pass as everything else; finished blocks leave through `write`.
//
// Frame boundaries: as many fragments as frames means one each; otherwise the Basic or Extended Offset Table,
// if each of its entries is the place of an item; otherwise start-of-image markers (wsi-dicom §2c). Which of
// these holds is known at the last fragment only, so up to kMaxGroupedFragments lengths are held until then;
// a NumberOfFrames above that leaves one fragment per frame as the only reading, and then nothing is held but
// one block. Video (MPEG2, MPEG4, HEVC) counts as one frame of all its fragments: its frames cannot be told
// apart in the container.
class FrameTableBuilder final : public TokenSink {
 public:
  // `write` receives the bytes of blocks in order (the header, known last, comes from finish()).
  using Write = std::function<Status(ByteView)>;
  explicit FrameTableBuilder(Write write);
  ~FrameTableBuilder() override;

  Status on_value(const ElementHeader&, ByteView) override;
  Status on_large_value_begin(const ElementHeader&) override;
  Status on_large_value_chunk(const ElementHeader&, ByteView) override;
  Status on_fragments_begin(const ElementHeader&) override;
  Status on_fragment_begin(const FragmentHeader&) override;
  Status on_fragment_chunk(const FragmentHeader&, ByteView) override;
  Status on_fragment_end(const FragmentHeader&) override;
  Status on_fragments_end(std::uint64_t end_offset) override;

  // After the parse: writes the last block and the exceptions, and returns the kFrameTableHeaderBytes to put
  // at the front. Nothing here fails but `write`: a file is stored whatever its attributes say of its pixels.
  Result<ByteBuffer> finish(std::uint64_t blob_size, std::uint64_t blob_hash, std::uint64_t content_size);
  // Known after finish(): what pixel data and attributes contradict each other in, and how; ok when they agree. The
  // table then holds the frames that are there without doubt, perhaps none.
  const Status& problem() const;

  // Known after finish().
  std::uint32_t frame_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::dicom
