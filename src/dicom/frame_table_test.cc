#include "dicom/frame_table.h"

#include <gmock/gmock.h>

#include "base/hash.h"
#include "dicom/frame_layout.h"
#include "dicom/tags.h"
#include "support/made_frame_table.h"

namespace tessera::dicom {
namespace {

using test::kMore;
using test::MadeFrameTable;
using test::Ranges;
using test::ranges;
using test::table_of;

TEST(FrameTable, no_pixel_data_is_a_header_without_frames) {
  MadeFrameTable table;
  ASSERT_TRUE(table.frames("3").finish().ok());
  EXPECT_EQ(table.header_.kind, FrameKind::None);
  EXPECT_EQ(table.header_.frame_count, 0U);
  EXPECT_EQ(table.header_.blob_hash, 77U);
  EXPECT_EQ(table.bytes_.size(), kFrameTableHeaderBytes);
}

TEST(FrameTable, every_frame_of_many_blocks_is_found_with_one_small_read) {
  MadeFrameTable table;
  constexpr std::uint32_t kFrames = 300'000;  // above what is ever held
  table.frames(std::to_string(kFrames)).begin();
  std::vector<ByteRange> expected;
  std::uint64_t at = 1008;
  for (std::uint32_t i = 0; i < kFrames; ++i) {
    const std::uint32_t length = i % 7 == 0 ? 0 : 50'000 + i;
    table.fragment("", length);
    expected.push_back({at + 8, length});
    at += 8 + length;
  }
  ASSERT_TRUE(table.end().finish().ok());
  EXPECT_EQ(table.largest_write_, kBlockBytes);
  for (std::uint32_t i = 0; i < kFrames; i += i % 512 == 1 ? 509 : 1) {
    ASSERT_LE(table.header_.block_range(FrameIndex{i}).length, kMaxBlockBytes);
    ASSERT_EQ(ranges(table.find(i)), Ranges{expected[i]}) << i;
  }
  EXPECT_EQ(ranges(table.find(kFrames - 1)), Ranges{expected.back()});
}

TEST(FrameTable, a_frame_wider_than_four_gigabytes_has_its_place) {
  MadeFrameTable table;
  table.frames("2").begin(table_of<std::uint32_t>({0, 24}));
  table.fragment("", 16);
  for (int i = 0; i < 20; ++i) {
    table.fragment("", 0xFFFFFFFE);
  }
  ASSERT_TRUE(table.end().finish().ok());
  EXPECT_EQ(table.find(1)->bytes(), 20 * std::uint64_t{0xFFFFFFFE});
}

TEST(FrameTable, a_refused_write_ends_the_building) {
  FrameTableBuilder builder([](ByteView) { return Status(Code::NoSpace, "write frame table: disk full"); });
  EXPECT_TRUE(builder.on_fragments_begin({tags::kPixelData, Vr::OB, kUndefinedLength, 0, 12, 0}).ok());
  EXPECT_TRUE(builder.on_fragment_end({1, 10, 20, 28}).ok());
  EXPECT_EQ(builder.finish(100, 0, 100).status().code(), Code::NoSpace);
}

TEST(FrameTable, every_flipped_byte_is_noticed) {
  MadeFrameTable table;
  table.frames("2").begin(table_of<std::uint32_t>({0, 18}));
  ASSERT_TRUE(table.fragment(kMore, 10).fragment(kMore, 10).fragment(kMore, 10).end().finish().ok());
  const ByteBuffer good = table.bytes_;
  for (std::size_t i = 0; i < good.size(); ++i) {
    table.bytes_ = good;
    table.bytes_[i] ^= 0x40;
    const bool header = FrameTableHeader::parse(ByteView(table.bytes_).first(kFrameTableHeaderBytes)).ok();
    EXPECT_FALSE(header && table.find(0).ok() && table.find(1).ok()) << "byte " << i;
  }
}

// A checksum proves nothing against a writer with a defect: bounds are checked all the same.
ByteBuffer sealed(ByteBuffer bytes) {
  append_le(bytes, xxh3_of(bytes));
  return bytes;
}

TEST(FrameTable, another_version_reads_as_corrupt_so_that_it_is_rebuilt) {
  ByteBuffer bytes = FrameTableHeader().encode();
  ++bytes[4];
  bytes.resize(kFrameTableHeaderBytes - 8);
  EXPECT_EQ(FrameTableHeader::parse(sealed(bytes)).status().code(), Code::Corrupt);
}

TEST(FrameTable, contradictions_inside_a_sealed_table_are_refused) {
  FrameTableHeader header;
  header.kind = FrameKind::Native;
  header.frame_count = 4;
  header.frame_bits = 80;
  header.first_offset = 61;
  header.content_size = 100;
  EXPECT_EQ(FrameTableHeader::parse(header.encode()).status().code(), Code::Corrupt) << "behind the end";
  header.first_offset = 60;
  EXPECT_TRUE(FrameTableHeader::parse(header.encode()).ok());
  header.exceptions_bytes = UINT64_MAX;
  EXPECT_EQ(FrameTableHeader::parse(header.encode()).status().code(), Code::Corrupt) << "exceptions of what?";
  header.exceptions_bytes = 0;
  header.kind = static_cast<FrameKind>(9);
  EXPECT_EQ(FrameTableHeader::parse(header.encode()).status().code(), Code::Corrupt);
  header.kind = FrameKind::Encapsulated;
  EXPECT_EQ(FrameTableHeader::parse(header.encode()).status().code(), Code::Corrupt) << "exceptions nowhere";

  header.frame_count = 1;
  ByteBuffer block;
  append_le(block, std::uint64_t{90});
  append_le(block, std::uint32_t{11});
  append_le(block, std::uint8_t{0});
  EXPECT_EQ(FrameBlock::parse(header, FrameIndex{0}, sealed(block)).status().code(), Code::Corrupt) << "behind the end";
  block[8] = 10;
  EXPECT_TRUE(FrameBlock::parse(header, FrameIndex{0}, sealed(block)).ok());
  block[8] = 7;
  EXPECT_EQ(FrameBlock::parse(header, FrameIndex{0}, sealed(block)).status().code(), Code::Corrupt) << "no item header";
}

}  // namespace
}  // namespace tessera::dicom
