#include "dicom/frame_table.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "dicom/frame_layout.h"

namespace tessera::dicom {
namespace {

Status corrupt(std::string_view what) {
  return Status(Code::Corrupt, "read frame table: " + std::string(what));
}

std::uint64_t block_count(std::uint32_t frames) {
  return (std::uint64_t{frames} + kFramesPerBlock - 1) / kFramesPerBlock;
}

std::uint64_t frames_in_block(std::uint32_t frame_count, std::uint32_t first_frame) {
  return std::min<std::uint64_t>(kFramesPerBlock, frame_count - first_frame);
}

std::uint64_t all_blocks_bytes(std::uint32_t frames) {
  return block_count(frames) * (kBlockBytes - kFramesPerBlock * layout::kSpanBytes) +
         std::uint64_t{frames} * layout::kSpanBytes;
}

// Whether the last eight bytes are the checksum of those before.
bool is_sealed(ByteView bytes) {
  return bytes.size() >= 8 && load_le64(bytes.data() + bytes.size() - 8) == xxh3_of(bytes.first(bytes.size() - 8));
}

Status check_native(const FrameTableHeader& header) {
  std::uint64_t bits = 0;
  if (header.frame_count == 0 || header.frame_bits == 0 ||
      __builtin_mul_overflow(header.frame_bits, header.frame_count, &bits)) {
    return corrupt("native frames of no or too many bits");
  }
  const std::uint64_t bytes = bits / 8 + (bits % 8 != 0);
  if (header.first_offset > header.content_size || bytes > header.content_size - header.first_offset) {
    return corrupt("frames reach behind the end of the content");
  }
  return header.kind == FrameKind::Native && header.frame_bits % 8 != 0
             ? corrupt("native frames that are no whole bytes")
             : Status();
}

Status check_encapsulated(const FrameTableHeader& header) {
  if (header.frame_count == 0 || header.exception_count > header.frame_count) {
    return corrupt("frame counts contradict each other");
  }
  if (header.exceptions_offset != kFrameTableHeaderBytes + all_blocks_bytes(header.frame_count)) {
    return corrupt("exceptions do not follow the blocks");
  }
  const std::uint64_t least = header.exception_count == 0 ? 0 : layout::kRowBytes * header.exception_count + 8;
  if (header.exceptions_bytes < least || header.exceptions_bytes > (least == 0 ? 0 : layout::kMaxExceptionsBytes)) {
    return corrupt("size of the exceptions is out of bounds");
  }
  return {};
}

Status check_none(const FrameTableHeader& header) {
  return header.frame_count == 0 ? Status() : corrupt("frames without pixel data");
}

Status check(const FrameTableHeader& header) {
  const bool lists = header.exceptions_offset != 0 || header.exceptions_bytes != 0 || header.exception_count != 0;
  if (header.kind != FrameKind::Encapsulated && lists) {
    return corrupt("exceptions without encapsulated frames");
  }
  switch (header.kind) {
    case FrameKind::None:
      return check_none(header);
    case FrameKind::Native:
    case FrameKind::NativeBits:
      return check_native(header);
    case FrameKind::Encapsulated:
      return check_encapsulated(header);
  }
  return corrupt("unknown kind of frames");
}

}  // namespace

std::uint64_t FrameExtents::bytes() const {
  std::uint64_t sum = 0;
  for (const ByteRange& fragment : fragments) {
    sum += fragment.length;
  }
  return sum;
}

ByteBuffer FrameTableHeader::encode() const {
  ByteBuffer out(as_bytes(layout::kMagic).begin(), as_bytes(layout::kMagic).end());
  append_le(out, layout::kVersion);
  append_le(out, static_cast<std::uint8_t>(kind));
  append_le(out, std::uint8_t{0});
  append_le(out, frame_count);
  append_le(out, exception_count);
  append_le(out, blob_size);
  append_le(out, blob_hash);
  append_le(out, first_offset);
  append_le(out, frame_bits);
  append_le(out, exceptions_offset);
  append_le(out, exceptions_bytes);
  append_le(out, content_size);
  out.resize(kFrameTableHeaderBytes - 8);
  append_le(out, xxh3_of(out));
  return out;
}

Result<FrameTableHeader> FrameTableHeader::parse(ByteView bytes) {
  if (bytes.size() != kFrameTableHeaderBytes || as_text(bytes.first(4)) != layout::kMagic) {
    return corrupt("no header of a frame table");
  }
  if (load_le16(bytes.data() + 4) != layout::kVersion) {
    // Corrupt rather than Unsupported: the table is derived, and whoever reads Corrupt makes it anew.
    return corrupt("version " + std::to_string(load_le16(bytes.data() + 4)) + " is not this program's");
  }
  if (!is_sealed(bytes)) {
    return corrupt("checksum of the header is wrong");
  }
  FrameTableHeader header;
  header.kind = static_cast<FrameKind>(bytes[6]);
  header.frame_count = load_le32(bytes.data() + 8);
  header.exception_count = load_le32(bytes.data() + 12);
  header.blob_size = load_le64(bytes.data() + 16);
  header.blob_hash = load_le64(bytes.data() + 24);
  header.first_offset = load_le64(bytes.data() + 32);
  header.frame_bits = load_le64(bytes.data() + 40);
  header.exceptions_offset = load_le64(bytes.data() + 48);
  header.exceptions_bytes = load_le64(bytes.data() + 56);
  header.content_size = load_le64(bytes.data() + 64);
  RETURN_IF_ERROR(check(header));
  return header;
}

FrameExtents FrameTableHeader::compute(FrameIndex frame) const {
  FrameExtents extents;
  const std::uint64_t first_bit = frame.value * frame_bits;
  const std::uint64_t end_bit = first_bit + frame_bits;
  const std::uint64_t end_byte = end_bit / 8 + (end_bit % 8 != 0);
  extents.fragments.push_back({first_offset + first_bit / 8, end_byte - first_bit / 8});
  extents.first_bit = static_cast<std::uint8_t>(first_bit % 8);
  return extents;
}

ByteRange FrameTableHeader::block_range(FrameIndex frame) const {
  if (kind != FrameKind::Encapsulated) {
    return {};
  }
  const std::uint32_t first = first_frame_of_block(frame).value;
  const std::uint64_t offset = kFrameTableHeaderBytes + std::uint64_t{first / kFramesPerBlock} * kBlockBytes;
  return {offset, 8 + frames_in_block(frame_count, first) * layout::kSpanBytes + 8};
}

Result<FrameBlock> FrameBlock::parse(const FrameTableHeader& header, FrameIndex first, ByteView bytes) {
  if (first.value >= header.frame_count || first.value % kFramesPerBlock != 0 ||
      bytes.size() != header.block_range(first).length) {
    return corrupt("not the bytes of the block of frame " + std::to_string(first.value + 1));
  }
  if (!is_sealed(bytes)) {
    return corrupt("checksum of the block of frame " + std::to_string(first.value + 1) + " is wrong");
  }
  FrameBlock block;
  block.first_frame_ = first.value;
  block.extents_.reserve(frames_in_block(header.frame_count, first.value));
  std::uint64_t item = load_le64(bytes.data());
  for (std::size_t at = 8; at + 8 < bytes.size(); at += layout::kSpanBytes) {
    const std::uint64_t entry = load_le32(bytes.data() + at) | std::uint64_t{bytes[at + 4]} << 32;
    const std::uint64_t span = entry & ~layout::kSeveral;
    if (span < layout::kItemHeader || item > header.content_size || span > header.content_size - item) {
      return corrupt("a frame reaches behind the end of the content");
    }
    const bool several = (entry & layout::kSeveral) != 0;
    block.extents_.push_back(several ? kException : ByteRange{item + layout::kItemHeader, span - layout::kItemHeader});
    item += span;
  }
  return block;
}

bool FrameBlock::find(FrameIndex frame, ByteRange& extent) const {
  const std::uint32_t at = frame.value - first_frame_;
  if (at >= extents_.size() || extents_[at] == kException) {
    return false;
  }
  extent = extents_[at];
  return true;
}

Result<FrameExceptions> FrameExceptions::parse(const FrameTableHeader& header, ByteView bytes) {
  FrameExceptions exceptions;
  if (bytes.size() != header.exceptions_bytes || (!bytes.empty() && !is_sealed(bytes))) {
    return corrupt("checksum of the exceptions is wrong");
  }
  ByteView rest = bytes.empty() ? bytes : bytes.first(bytes.size() - 8);
  while (!rest.empty()) {
    if (rest.size() < layout::kRowBytes) {
      return corrupt("a row of the exceptions is cut short");
    }
    const Row row{load_le32(rest.data()), load_le32(rest.data() + 4), load_le64(rest.data() + 8),
                  exceptions.lengths_.size()};
    rest = rest.subspan(layout::kRowBytes);
    const bool ascends = exceptions.rows_.empty() || exceptions.rows_.back().frame < row.frame;
    if (!ascends || row.frame >= header.frame_count || row.fragments > rest.size() / 4) {
      return corrupt("a row of the exceptions contradicts the header");
    }
    std::uint64_t end = row.first_item;
    for (std::uint32_t i = 0; i < row.fragments; ++i) {
      exceptions.lengths_.push_back(load_le32(rest.data() + std::size_t{4} * i));
      const std::uint64_t span = layout::kItemHeader + exceptions.lengths_.back();
      if (end > header.content_size || span > header.content_size - end) {
        return corrupt("a fragment reaches behind the end of the content");
      }
      end += span;
    }
    rest = rest.subspan(std::size_t{4} * row.fragments);
    exceptions.rows_.push_back(row);
  }
  if (exceptions.rows_.size() != header.exception_count) {
    return corrupt("the number of exceptions contradicts the header");
  }
  return exceptions;
}

std::optional<FrameExtents> FrameExceptions::find(FrameIndex frame) const {
  const auto row = std::lower_bound(rows_.begin(), rows_.end(), frame.value,
                                    [](const Row& each, std::uint32_t wanted) { return each.frame < wanted; });
  if (row == rows_.end() || row->frame != frame.value) {
    return std::nullopt;
  }
  FrameExtents extents;
  std::uint64_t item = row->first_item;
  for (std::uint32_t i = 0; i < row->fragments; ++i) {
    const std::uint32_t length = lengths_[row->lengths_at + i];
    extents.fragments.push_back({item + layout::kItemHeader, length});
    item += layout::kItemHeader + length;
  }
  return extents;
}

}  // namespace tessera::dicom
