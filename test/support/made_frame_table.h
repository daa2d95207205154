// A frame table made by hand and looked up as the archive does: for the tests of the builder and of the sidecar's
// format.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/frame_table.h"
#include "dicom/tags.h"

namespace tessera::test {

using namespace dicom;

inline constexpr std::uint64_t kBlobSize = std::uint64_t{1} << 45;
inline constexpr std::string_view kJpeg = "\xFF\xD8\xFF\xE0";
inline constexpr std::string_view kMore = "more";

// Feeds a builder by hand and looks frames up in what it made, as the archive does.
class MadeFrameTable {
 public:
  MadeFrameTable()
      : builder_([this](ByteView bytes) {
          written_.insert(written_.end(), bytes.begin(), bytes.end());
          largest_write_ = std::max(largest_write_, bytes.size());
          return Status();
        }) {}

  MadeFrameTable& text(Tag tag, Vr vr, std::string_view value) {
    EXPECT_TRUE(builder_.on_value({tag, vr, 0, 0, 0, depth_}, as_bytes(value)).ok());
    return *this;
  }
  MadeFrameTable& us(Tag tag, std::uint16_t value) {
    EXPECT_TRUE(builder_.on_value({tag, Vr::US, 2, 0, 0, depth_}, {reinterpret_cast<std::uint8_t*>(&value), 2}).ok());
    return *this;
  }
  MadeFrameTable& frames(std::string_view count) { return text(tags::kNumberOfFrames, Vr::IS, count); }
  MadeFrameTable& image(std::uint16_t rows, std::uint16_t columns, std::uint16_t samples, std::uint16_t bits) {
    return us(tags::kRows, rows)
        .us(tags::kColumns, columns)
        .us(tags::kSamplesPerPixel, samples)
        .us(tags::kBitsAllocated, bits);
  }
  MadeFrameTable& nested() {
    depth_ = 1;
    return *this;
  }
  MadeFrameTable& top() {
    depth_ = 0;
    return *this;
  }
  MadeFrameTable& native(std::uint32_t length, Tag tag = tags::kPixelData) {
    EXPECT_TRUE(builder_.on_large_value_begin({tag, Vr::OW, length, 900, 1000, depth_}).ok());
    EXPECT_TRUE(builder_.on_large_value_end({tag, Vr::OW, length, 900, 1000, depth_}).ok());
    return *this;
  }
  MadeFrameTable& begin(std::string_view basic_table = "") {
    EXPECT_TRUE(builder_.on_fragments_begin({tags::kPixelData, Vr::OB, kUndefinedLength, 988, 1000, depth_}).ok());
    next_ = 1000;
    ordinal_ = 0;
    return fragment(basic_table, static_cast<std::uint32_t>(basic_table.size()));
  }
  // `start` in chunks of one byte: markers may be cut anywhere.
  MadeFrameTable& fragment(std::string_view start, std::uint32_t length) {
    const FragmentHeader header{ordinal_++, length, next_, next_ + 8};
    EXPECT_TRUE(builder_.on_fragment_begin(header).ok());
    for (const char& byte : start) {
      EXPECT_TRUE(builder_.on_fragment_chunk(header, as_bytes({&byte, 1})).ok());
    }
    EXPECT_TRUE(builder_.on_fragment_end(header).ok());
    next_ += 8 + std::uint64_t{length};
    return *this;
  }
  MadeFrameTable& end() {
    EXPECT_TRUE(builder_.on_fragments_end(next_ + 8).ok());
    return *this;
  }

  Status finish() {
    Result<ByteBuffer> header = builder_.finish(kBlobSize, 77, kBlobSize);
    if (!header.ok()) {
      return header.status();
    }
    bytes_ = *header;
    bytes_.insert(bytes_.end(), written_.begin(), written_.end());
    TRY_ASSIGN(header_, FrameTableHeader::parse(ByteView(bytes_).first(kFrameTableHeaderBytes)));
    return {};
  }

  // What the builder says does not agree; empty when all does.
  std::string problem_of_finish() {
    const Status status = finish();
    EXPECT_TRUE(status.ok()) << status.message();
    return std::string(builder_.problem().message());
  }

  Result<FrameExtents> find(std::uint32_t index) const {
    const FrameIndex frame{index};
    if (header_.kind != FrameKind::Encapsulated) {
      return header_.compute(frame);
    }
    TRY_ASSIGN(const FrameBlock block, FrameBlock::parse(header_, FrameTableHeader::first_frame_of_block(frame),
                                                         read(header_.block_range(frame))));
    FrameExtents extents;
    extents.fragments.resize(1);
    if (block.find(frame, extents.fragments[0])) {
      return extents;
    }
    TRY_ASSIGN(const FrameExceptions exceptions, FrameExceptions::parse(header_, read(header_.exceptions_range())));
    const std::optional<FrameExtents> found = exceptions.find(frame);
    return found ? Result<FrameExtents>(*found) : Status(Code::NotFound, "not in the exceptions");
  }
  ByteView read(ByteRange range) const { return ByteView(bytes_).subspan(range.offset, range.length); }

  FrameTableBuilder builder_;
  FrameTableHeader header_;
  ByteBuffer bytes_;
  std::size_t largest_write_ = 0;

 private:
  ByteBuffer written_;
  std::uint32_t depth_ = 0;
  std::uint32_t ordinal_ = 0;
  std::uint64_t next_ = 0;
};

using Ranges = std::vector<ByteRange>;

inline Ranges ranges(const Result<FrameExtents>& extents) {
  EXPECT_TRUE(extents.ok()) << extents.status().message();
  return extents.ok() ? extents->fragments : Ranges();
}

template <class T>
std::string table_of(const std::vector<T>& offsets) {
  return std::string(reinterpret_cast<const char*>(offsets.data()), offsets.size() * sizeof(T));
}

}  // namespace tessera::test
