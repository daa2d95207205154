#include <algorithm>
#include <array>
#include <utility>

#include "base/hash.h"
#include "dicom/frame_boundaries.h"
#include "dicom/frame_layout.h"
#include "dicom/frame_table.h"
#include "dicom/pixel_attributes.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

// Frames in order become blocks, each written as soon as it is full.
class BlockWriter {
 public:
  explicit BlockWriter(FrameTableBuilder::Write write) : write_(std::move(write)) {}

  std::uint32_t frames() const { return frames_; }
  std::uint64_t bytes() const { return bytes_; }

  Status add(std::uint64_t item, std::uint64_t span, bool several) {
    if (block_.empty()) {
      append_le(block_, item);
    }
    const std::uint64_t entry = span | (several ? layout::kSeveral : 0);
    append_le(block_, static_cast<std::uint32_t>(entry));
    append_le(block_, static_cast<std::uint8_t>(entry >> 32));
    ++frames_;
    return frames_ % kFramesPerBlock == 0 ? end_block() : Status();
  }

  Status end_block() { return block_.empty() ? Status() : write_sealed(block_); }

  // Writes and empties `bytes`, their checksum behind them.
  Status write_sealed(ByteBuffer& bytes) {
    append_le(bytes, xxh3_of(bytes));
    RETURN_IF_ERROR(write_(bytes));
    bytes_ += bytes.size();
    bytes.clear();
    return {};
  }

 private:
  FrameTableBuilder::Write write_;
  ByteBuffer block_;
  std::uint32_t frames_ = 0;
  std::uint64_t bytes_ = 0;
};

bool is_pixel_data(Tag tag) {
  return tag == tags::kPixelData || tag == tags::kFloatPixelData || tag == tags::kDoubleFloatPixelData;
}

Status too_many_fragments() {
  return Status(Code::TooLarge, "index frames: frames of several fragments, " + std::to_string(kMaxGroupedFragments) +
                                    " fragments at most in such an instance");
}

}  // namespace

struct FrameTableBuilder::Impl {
  explicit Impl(Write write) : blocks(std::move(write)) {}

  PixelAttributes attributes;
  BlockWriter blocks;
  ElementHeader pixel_data;  // once seen
  bool has_pixel_data = false;
  bool is_encapsulated = false;
  bool in_fragments = false;  // of pixel_data, not of an icon
  bool one_to_one = false;    // nothing is held: each fragment is a frame (see the header)
  std::uint64_t fragment_count = 0;
  std::uint64_t next_item = 0;  // where the next fragment must begin
  FragmentList fragments;       // held until the end, unless one_to_one
  ByteBuffer basic;             // offset tables, where they can matter
  ByteBuffer extended;
  std::array<std::uint8_t, kMarkerBytes> first_bytes{};
  std::size_t first_bytes_size = 0;
  FrameTableHeader header;
  Status problem;         // the first one; the parse goes on for the other sinks
  bool unusable = false;  // the fragments cannot be listed

  void note_pixel_data(const ElementHeader& element, bool encapsulated);
  void blame(Status status);
  std::uint32_t expected_frames() const;
  void hold_table(ByteBuffer& table, ByteView chunk, std::uint64_t length, std::size_t width) const;
  Status take_fragment(const FragmentHeader& fragment);
  void take_whole_value(std::uint32_t frames);
  void finish_native();
  Status finish_encapsulated();
  Status write_one_to_one();
  Status write_grouped(std::vector<std::uint32_t> starts);
};

void FrameTableBuilder::Impl::blame(Status status) {
  if (problem.ok()) {
    problem = std::move(status);
  }
}

void FrameTableBuilder::Impl::note_pixel_data(const ElementHeader& element, bool encapsulated) {
  if (has_pixel_data) {
    blame(Status(Code::Corrupt, "index frames: pixel data " + element.tag.text() + " at byte " +
                                    std::to_string(element.offset) + " is the second in the file"));
    return;
  }
  has_pixel_data = true;
  is_encapsulated = encapsulated;
  pixel_data = element;
}

// As far as it is known now: NumberOfFrames stands before pixel data in every file whose tags ascend.
std::uint32_t FrameTableBuilder::Impl::expected_frames() const {
  const Result<std::uint32_t> frames = attributes.frame_count();
  return frames.ok() ? *frames : 1;
}

// Keeps an offset table that has an entry for each frame and can be needed: not for one frame, not for too
// many.
void FrameTableBuilder::Impl::hold_table(ByteBuffer& table, ByteView chunk, std::uint64_t length,
                                         std::size_t width) const {
  const std::uint64_t frames = attributes.frame_count().ok() ? expected_frames() : length / width;
  const bool fits = table.size() + chunk.size() <= length;  // a second table in a damaged file is not held
  if (frames > 1 && frames <= kMaxGroupedFragments && length == frames * width && fits) {
    table.insert(table.end(), chunk.begin(), chunk.end());
  }
}

Status FrameTableBuilder::Impl::take_fragment(const FragmentHeader& fragment) {
  if (fragment_count > 0 && fragment.offset != next_item) {
    unusable = true;
    blame(Status(Code::Corrupt, "index frames: fragment at byte " + std::to_string(fragment.offset) +
                                    " does not follow the one before it"));
  }
  fragments.first_item = fragment_count == 0 ? fragment.offset : fragments.first_item;
  ++fragment_count;
  next_item = fragment.value_offset + fragment.length;
  if (one_to_one) {
    return blocks.add(fragment.offset, layout::kItemHeader + fragment.length, false);
  }
  if (fragment_count > kMaxGroupedFragments) {
    unusable = true;
    blame(too_many_fragments());
    return {};
  }
  fragments.lengths.push_back(fragment.length);
  fragments.starts_image.push_back(starts_image(ByteView(first_bytes).first(first_bytes_size)));
  return {};
}

FrameTableBuilder::FrameTableBuilder(Write write) : impl_(std::make_unique<Impl>(std::move(write))) {}
FrameTableBuilder::~FrameTableBuilder() = default;

Status FrameTableBuilder::on_value(const ElementHeader& element, ByteView value) {
  impl_->attributes.note(element, value);
  if (element.depth == 0 && element.tag == tags::kExtendedOffsetTable) {
    impl_->hold_table(impl_->extended, value, value.size(), 8);
  }
  if (element.depth == 0 && is_pixel_data(element.tag)) {
    impl_->note_pixel_data(element, false);
  }
  return {};
}

Status FrameTableBuilder::on_large_value_begin(const ElementHeader& element) {
  if (element.depth == 0 && is_pixel_data(element.tag)) {
    impl_->note_pixel_data(element, false);
  }
  return {};
}

Status FrameTableBuilder::on_large_value_chunk(const ElementHeader& element, ByteView chunk) {
  if (element.depth == 0 && element.tag == tags::kExtendedOffsetTable) {
    impl_->hold_table(impl_->extended, chunk, element.length, 8);
  }
  return {};
}

Status FrameTableBuilder::on_fragments_begin(const ElementHeader& element) {
  if (element.depth == 0 && is_pixel_data(element.tag)) {
    impl_->note_pixel_data(element, true);
    impl_->in_fragments = impl_->pixel_data.offset == element.offset;  // the first pixel data of the file
    impl_->one_to_one = impl_->expected_frames() > kMaxGroupedFragments && !impl_->attributes.is_video();
  }
  return {};
}

Status FrameTableBuilder::on_fragment_begin(const FragmentHeader&) {
  impl_->first_bytes_size = 0;
  return {};
}

Status FrameTableBuilder::on_fragment_chunk(const FragmentHeader& fragment, ByteView chunk) {
  if (!impl_->in_fragments) {
    return {};
  }
  if (fragment.ordinal == 0) {
    impl_->hold_table(impl_->basic, chunk, fragment.length, 4);
    return {};
  }
  const std::size_t wanted = std::min(kMarkerBytes - impl_->first_bytes_size, chunk.size());
  std::copy_n(chunk.begin(), wanted, impl_->first_bytes.begin() + impl_->first_bytes_size);
  impl_->first_bytes_size += wanted;
  return {};
}

Status FrameTableBuilder::on_fragment_end(const FragmentHeader& fragment) {
  return impl_->in_fragments && fragment.ordinal > 0 ? impl_->take_fragment(fragment) : Status();
}

Status FrameTableBuilder::on_fragments_end(std::uint64_t) {
  impl_->in_fragments = false;
  return {};
}

// A value that attributes and length do not divide into frames is one frame if one is all that is said to be there.
void FrameTableBuilder::Impl::take_whole_value(std::uint32_t frames) {
  if (frames == 1) {
    header.kind = FrameKind::Native;
    header.frame_count = 1;
    header.frame_bits = std::uint64_t{pixel_data.length} * 8;
    header.first_offset = pixel_data.value_offset;
  }
}

void FrameTableBuilder::Impl::finish_native() {
  const std::uint32_t frames = expected_frames();
  const Result<std::uint64_t> bits = attributes.frame_bits(pixel_data.tag, frames, pixel_data.length);
  if (!bits.ok()) {
    blame(bits.status());
    take_whole_value(frames);
    return;
  }
  const std::uint64_t whole = std::uint64_t{pixel_data.length} * 8 / *bits;
  if (whole < frames) {
    blame(Status(Code::Corrupt, "index frames: pixel data " + pixel_data.tag.text() + " has " +
                                    std::to_string(pixel_data.length) + " bytes, too few for " +
                                    std::to_string(frames) + " frames of " + std::to_string(*bits) + " bits"));
  }
  if (whole == 0) {
    take_whole_value(frames);
    return;
  }
  header.kind = *bits % 8 == 0 ? FrameKind::Native : FrameKind::NativeBits;
  header.frame_count = static_cast<std::uint32_t>(std::min<std::uint64_t>(whole, frames));
  header.frame_bits = *bits;
  header.first_offset = pixel_data.value_offset;
}

// One block entry per frame; those of several fragments are listed behind the blocks as well.
Status FrameTableBuilder::Impl::write_grouped(std::vector<std::uint32_t> starts) {
  const auto frames = static_cast<std::uint32_t>(starts.size());
  starts.push_back(static_cast<std::uint32_t>(fragments.lengths.size()));
  ByteBuffer rows;
  std::uint64_t item = fragments.first_item;
  for (std::uint32_t frame = 0; frame < frames; ++frame) {
    const std::uint32_t count = starts[frame + 1] - starts[frame];
    if (count > 1) {
      ++header.exception_count;
      append_le(rows, frame);
      append_le(rows, count);
      append_le(rows, item);
    }
    std::uint64_t span = 0;
    for (std::uint32_t i = starts[frame]; i < starts[frame + 1]; ++i) {
      span += layout::kItemHeader + fragments.lengths[i];
      if (count > 1) {
        append_le(rows, fragments.lengths[i]);
      }
    }
    RETURN_IF_ERROR(blocks.add(item, span, count > 1));
    item += span;
  }
  RETURN_IF_ERROR(blocks.end_block());
  header.exceptions_offset = kFrameTableHeaderBytes + blocks.bytes();
  if (rows.empty()) {
    return {};
  }
  header.exceptions_bytes = rows.size() + 8;
  return blocks.write_sealed(rows);
}

Status FrameTableBuilder::Impl::write_one_to_one() {
  std::uint64_t item = fragments.first_item;
  for (const std::uint32_t length : fragments.lengths) {
    RETURN_IF_ERROR(blocks.add(item, layout::kItemHeader + length, false));
    item += layout::kItemHeader + length;
  }
  RETURN_IF_ERROR(blocks.end_block());
  header.exceptions_offset = kFrameTableHeaderBytes + blocks.bytes();
  return {};
}

Status FrameTableBuilder::Impl::finish_encapsulated() {
  const Result<std::uint32_t> said = attributes.frame_count();
  std::uint32_t frames = 1;
  if (!said.ok()) {
    blame(said.status());
    frames = guess_frame_count(fragments, basic);
  } else if (!attributes.is_video()) {
    frames = *said;
  }
  if (one_to_one ? fragment_count != frames : fragment_count < frames) {
    blame(Status(Code::Corrupt, "index frames: PixelData (7FE0,0010) has " + std::to_string(fragment_count) +
                                    " fragments, NumberOfFrames (0028,0008) is " + std::to_string(frames)));
  }
  if (fragment_count <= frames) {
    header.frame_count = static_cast<std::uint32_t>(fragment_count);
    header.kind = FrameKind::Encapsulated;
    return write_one_to_one();
  }
  if (one_to_one) {
    return {};  // more fragments than frames, and none of them held
  }
  Result<std::vector<std::uint32_t>> starts = find_frame_starts(fragments, frames, basic, extended);
  if (!starts.ok()) {
    blame(starts.status());
    return {};
  }
  header.frame_count = frames;
  header.kind = FrameKind::Encapsulated;
  return write_grouped(std::move(*starts));
}

Result<ByteBuffer> FrameTableBuilder::finish(std::uint64_t blob_size, std::uint64_t blob_hash,
                                             std::uint64_t content_size) {
  Impl& impl = *impl_;
  impl.header = FrameTableHeader();
  impl.header.blob_size = blob_size;
  impl.header.blob_hash = blob_hash;
  impl.header.content_size = content_size;
  const bool is_empty = impl.is_encapsulated ? impl.fragment_count == 0 : impl.pixel_data.length == 0;
  if (impl.has_pixel_data && !is_empty && !impl.unusable) {
    if (impl.is_encapsulated) {
      RETURN_IF_ERROR(impl.finish_encapsulated());
    } else {
      impl.finish_native();
    }
  } else if (impl.has_pixel_data && is_empty && impl.expected_frames() > 1) {
    impl.blame(Status(Code::Corrupt, "index frames: pixel data " + impl.pixel_data.tag.text() +
                                         " is empty, NumberOfFrames (0028,0008) is " +
                                         std::to_string(impl.expected_frames())));
  }
  return impl.header.encode();
}

const Status& FrameTableBuilder::problem() const {
  return impl_->problem;
}

std::uint32_t FrameTableBuilder::frame_count() const {
  return impl_->header.frame_count;
}

}  // namespace tessera::dicom
