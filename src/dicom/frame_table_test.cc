#include "dicom/frame_table.h"

#include <gmock/gmock.h>

#include "base/hash.h"
#include "dicom/frame_boundaries.h"
#include "dicom/frame_layout.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kBlobSize = std::uint64_t{1} << 45;
constexpr std::string_view kJpeg = "\xFF\xD8\xFF\xE0";
constexpr std::string_view kMore = "more";

// Feeds a builder by hand and looks frames up in what it made, as the archive does.
class Table {
 public:
  Table()
      : builder_([this](ByteView bytes) {
          written_.insert(written_.end(), bytes.begin(), bytes.end());
          largest_write_ = std::max(largest_write_, bytes.size());
          return Status();
        }) {}

  Table& text(Tag tag, Vr vr, std::string_view value) {
    EXPECT_TRUE(builder_.on_value({tag, vr, 0, 0, 0, depth_}, as_bytes(value)).ok());
    return *this;
  }
  Table& us(Tag tag, std::uint16_t value) {
    EXPECT_TRUE(builder_.on_value({tag, Vr::US, 2, 0, 0, depth_}, {reinterpret_cast<std::uint8_t*>(&value), 2}).ok());
    return *this;
  }
  Table& frames(std::string_view count) { return text(tags::kNumberOfFrames, Vr::IS, count); }
  Table& image(std::uint16_t rows, std::uint16_t columns, std::uint16_t samples, std::uint16_t bits) {
    return us(tags::kRows, rows)
        .us(tags::kColumns, columns)
        .us(tags::kSamplesPerPixel, samples)
        .us(tags::kBitsAllocated, bits);
  }
  Table& nested() {
    depth_ = 1;
    return *this;
  }
  Table& top() {
    depth_ = 0;
    return *this;
  }
  Table& native(std::uint32_t length, Tag tag = tags::kPixelData) {
    EXPECT_TRUE(builder_.on_large_value_begin({tag, Vr::OW, length, 900, 1000, depth_}).ok());
    EXPECT_TRUE(builder_.on_large_value_end({tag, Vr::OW, length, 900, 1000, depth_}).ok());
    return *this;
  }
  Table& begin(std::string_view basic_table = "") {
    EXPECT_TRUE(builder_.on_fragments_begin({tags::kPixelData, Vr::OB, kUndefinedLength, 988, 1000, depth_}).ok());
    next_ = 1000;
    ordinal_ = 0;
    return fragment(basic_table, static_cast<std::uint32_t>(basic_table.size()));
  }
  // `start` in chunks of one byte: markers may be cut anywhere.
  Table& fragment(std::string_view start, std::uint32_t length) {
    const FragmentHeader header{ordinal_++, length, next_, next_ + 8};
    EXPECT_TRUE(builder_.on_fragment_begin(header).ok());
    for (const char& byte : start) {
      EXPECT_TRUE(builder_.on_fragment_chunk(header, as_bytes({&byte, 1})).ok());
    }
    EXPECT_TRUE(builder_.on_fragment_end(header).ok());
    next_ += 8 + std::uint64_t{length};
    return *this;
  }
  Table& end() {
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

Ranges ranges(const Result<FrameExtents>& extents) {
  EXPECT_TRUE(extents.ok()) << extents.status().message();
  return extents.ok() ? extents->fragments : Ranges();
}

template <class T>
std::string table_of(const std::vector<T>& offsets) {
  return std::string(reinterpret_cast<const char*>(offsets.data()), offsets.size() * sizeof(T));
}

TEST(FrameTable, no_pixel_data_is_a_header_without_frames) {
  Table table;
  ASSERT_TRUE(table.frames("3").finish().ok());
  EXPECT_EQ(table.header_.kind, FrameKind::None);
  EXPECT_EQ(table.header_.frame_count, 0U);
  EXPECT_EQ(table.header_.blob_hash, 77U);
  EXPECT_EQ(table.bytes_.size(), kFrameTableHeaderBytes);
}

TEST(FrameTable, native_frames_are_computed) {
  Table table;
  ASSERT_TRUE(table.image(10, 20, 3, 8).frames("3 ").native(1800).finish().ok());
  EXPECT_EQ(table.header_.kind, FrameKind::Native);
  EXPECT_EQ(table.builder_.frame_count(), 3U);
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1000, 600}}));
  EXPECT_EQ(ranges(table.find(2)), (Ranges{{2200, 600}}));
}

TEST(FrameTable, native_chroma_of_half_width_makes_frames_of_two_thirds) {
  Table table;
  table.image(10, 20, 3, 8).text(tags::kPhotometricInterpretation, Vr::CS, "YBR_FULL_422");
  ASSERT_TRUE(table.frames("2").native(800).finish().ok());
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1400, 400}}));
}

TEST(FrameTable, one_bit_frames_may_start_inside_a_byte) {
  Table table;
  ASSERT_TRUE(table.image(3, 3, 1, 1).frames("4").native(6).finish().ok());
  EXPECT_EQ(table.header_.kind, FrameKind::NativeBits);
  const Result<FrameExtents> third = table.find(2);  // bits 18 to 26
  EXPECT_EQ(ranges(third), (Ranges{{1002, 2}}));
  EXPECT_EQ(third->first_bit, 2);
  EXPECT_EQ(table.find(3)->first_bit, 3);
}

TEST(FrameTable, float_pixel_data_has_its_own_width) {
  Table floats;
  ASSERT_TRUE(floats.image(2, 2, 1, 0).frames("2").native(32, tags::kFloatPixelData).finish().ok());
  EXPECT_EQ(ranges(floats.find(1)), (Ranges{{1016, 16}}));
  Table doubles;
  ASSERT_TRUE(doubles.image(2, 2, 1, 0).native(32, tags::kDoubleFloatPixelData).finish().ok());
  EXPECT_EQ(ranges(doubles.find(0)), (Ranges{{1000, 32}}));
}

TEST(FrameTable, native_pixels_that_the_attributes_do_not_divide_are_one_frame_or_the_whole_ones_there_are) {
  Table unnamed;
  EXPECT_THAT(unnamed.native(100).problem_of_finish(), HasSubstr("Rows (0028,0010)"));
  EXPECT_EQ(ranges(unnamed.find(0)), (Ranges{{1000, 100}}))
      << "all there is, as the one frame that is said to be there";
  Table short_of_one;
  EXPECT_THAT(short_of_one.image(65535, 65535, 1, 16).native(100).problem_of_finish(), HasSubstr("too few for 1"));
  EXPECT_EQ(ranges(short_of_one.find(0)), (Ranges{{1000, 100}}));
  Table half;
  EXPECT_THAT(half.image(10, 10, 1, 16).frames("3").native(410).problem_of_finish(),
              HasSubstr("410 bytes, too few for 3"));
  EXPECT_EQ(half.header_.frame_count, 2U);
  EXPECT_EQ(ranges(half.find(1)), (Ranges{{1200, 200}}));
  Table none;
  EXPECT_NE(none.image(65535, 65535, 4, 64).frames("4294967295").native(8).problem_of_finish(), "");
  EXPECT_EQ(none.header_.frame_count, 0U);
}

TEST(FrameTable, chroma_that_is_not_halved_though_its_name_says_so_is_taken_whole) {
  Table table;
  table.text(tags::kPhotometricInterpretation, Vr::CS, "YBR_FULL_422");
  ASSERT_EQ(table.image(4, 4, 3, 8).frames("2").native(96).problem_of_finish(), "");
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1048, 48}}));
}

TEST(FrameTable, as_many_fragments_as_frames_means_one_each) {
  Table table;
  table.frames("3").begin().fragment(kMore, 100).fragment("", 0).fragment(kMore, 0xFFFFFFFE).end();
  ASSERT_TRUE(table.finish().ok());
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1016, 100}}));
  EXPECT_EQ(table.find(1)->bytes(), 0U) << "an empty fragment is an empty frame";
  EXPECT_EQ(ranges(table.find(2)), (Ranges{{1132, 0xFFFFFFFE}}));
  EXPECT_EQ(table.header_.exception_count, 0U);
}

TEST(FrameTable, absent_number_of_frames_means_one_frame_of_all_fragments) {
  Table table;
  ASSERT_TRUE(table.begin().fragment(kJpeg, 10).fragment(kJpeg, 20).end().finish().ok());
  EXPECT_EQ(table.header_.frame_count, 1U);
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1016, 10}, {1034, 20}}));
}

TEST(FrameTable, the_basic_offset_table_groups_fragments) {
  Table table;
  table.frames("3").begin(table_of<std::uint32_t>({0, 36, 54}));
  table.fragment(kMore, 10).fragment(kMore, 10).fragment(kMore, 10).fragment(kMore, 6).fragment(kMore, 4).end();
  ASSERT_TRUE(table.finish().ok());
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1028, 10}, {1046, 10}}));
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1064, 10}}));
  EXPECT_EQ(ranges(table.find(2)), (Ranges{{1082, 6}, {1096, 4}}));
  EXPECT_EQ(table.header_.exception_count, 2U);
}

TEST(FrameTable, the_extended_offset_table_groups_fragments) {
  Table table;
  table.frames("2").text(tags::kExtendedOffsetTable, Vr::OV, table_of<std::uint64_t>({0, 36}));
  table.begin().fragment(kMore, 10).fragment(kMore, 10).fragment(kMore, 10).end();
  ASSERT_TRUE(table.finish().ok());
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1052, 10}}));
}

TEST(FrameTable, items_win_over_an_offset_table_that_lies) {
  Table table;
  table.frames("2").begin(table_of<std::uint32_t>({0, 19}));
  ASSERT_TRUE(table.fragment(kMore, 10).fragment(kMore, 10).end().finish().ok());
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1042, 10}}));
}

TEST(FrameTable, image_markers_group_fragments_where_no_table_does) {
  Table table;
  table.frames("2").begin(table_of<std::uint32_t>({0, 19}));
  table.fragment(kJpeg, 10).fragment(kMore, 10).fragment(kJpeg, 10).fragment(kMore, 10).end();
  ASSERT_TRUE(table.finish().ok());
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1060, 10}, {1078, 10}}));
}

TEST(FrameTable, counts_that_cannot_be_reconciled_are_told) {
  Table table;
  EXPECT_EQ(
      table.frames("2").begin().fragment(kJpeg, 10).fragment(kMore, 10).fragment(kMore, 10).end().problem_of_finish(),
      "index frames: PixelData (7FE0,0010) has 3 fragments, NumberOfFrames (0028,0008) is 2; there is "
      "no usable "
      "Basic Offset Table, there is no usable Extended Offset Table, and 1 fragments begin an image");
  EXPECT_EQ(table.header_.frame_count, 0U) << "none of them for certain";
  EXPECT_NE(Table().frames("2").begin().end().problem_of_finish(), "");
  EXPECT_EQ(Table().begin().end().problem_of_finish(), "") << "no fragment at all: no frame";
}

TEST(FrameTable, fewer_fragments_than_frames_are_the_frames_there_are) {
  for (const char* said : {"3", "2147483647"}) {
    Table table;
    EXPECT_THAT(table.frames(said).begin().fragment(kJpeg, 10).fragment(kJpeg, 20).end().problem_of_finish(),
                HasSubstr("2 fragments"))
        << said;
    EXPECT_EQ(table.header_.frame_count, 2U) << said;
    EXPECT_EQ(ranges(table.find(1)), (Ranges{{1034, 20}})) << said;
  }
}

TEST(FrameTable, where_the_number_of_frames_is_none_table_or_images_tell_it) {
  for (const char* said : {"-1", "many"}) {
    Table images;
    EXPECT_THAT(images.frames(said)
                    .begin()
                    .fragment(kJpeg, 10)
                    .fragment(kMore, 10)
                    .fragment(kJpeg, 20)
                    .end()
                    .problem_of_finish(),
                HasSubstr(std::string("\"") + said));
    EXPECT_EQ(images.header_.frame_count, 2U);
    EXPECT_EQ(ranges(images.find(1)), (Ranges{{1052, 20}}));
    Table listed;
    EXPECT_NE(listed.frames(said)
                  .begin(table_of<std::uint32_t>({0, 36}))
                  .fragment(kMore, 10)
                  .fragment(kMore, 10)
                  .fragment(kMore, 20)
                  .end()
                  .problem_of_finish(),
              "");
    EXPECT_EQ(listed.header_.frame_count, 2U);
  }
}

TEST(FrameTable, of_two_pixel_data_the_first_is_the_image) {
  Table table;
  EXPECT_THAT(table.image(1, 1, 1, 8).native(2).native(4).problem_of_finish(), HasSubstr("second in the file"));
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1000, 1}}));
}

TEST(FrameTable, icons_in_items_do_not_confuse) {
  Table table;
  table.frames("2").nested().frames("9").image(1, 1, 1, 8).native(4);
  table.begin(table_of<std::uint32_t>({0, 36})).fragment(kJpeg, 4).end();
  ASSERT_TRUE(table.top().begin().fragment(kMore, 10).fragment(kMore, 10).end().finish().ok());
  EXPECT_EQ(table.header_.frame_count, 2U);
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1016, 10}}));
}

TEST(FrameTable, video_is_one_frame) {
  Table table;
  table.text(tags::kTransferSyntaxUID, Vr::UI, "1.2.840.10008.1.2.4.102");
  ASSERT_TRUE(table.frames("500000").begin().fragment("", 100).fragment("", 50).end().finish().ok());
  EXPECT_EQ(table.header_.frame_count, 1U);
  EXPECT_EQ(table.find(0)->bytes(), 150U);
}

TEST(FrameTable, every_frame_of_many_blocks_is_found_with_one_small_read) {
  Table table;
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

TEST(FrameTable, grouping_ends_at_its_stated_limit) {
  Table many;
  many.begin();
  for (std::uint32_t i = 0; i < kMaxGroupedFragments; ++i) {
    many.fragment("", 2);
  }
  Table more;
  more.frames("2").begin();
  for (std::uint32_t i = 0; i <= kMaxGroupedFragments; ++i) {
    more.fragment("", 2);
  }
  ASSERT_TRUE(many.end().finish().ok());
  EXPECT_EQ(many.find(0)->fragments.size(), kMaxGroupedFragments);
  EXPECT_THAT(more.end().problem_of_finish(), HasSubstr("fragments at most"));
  EXPECT_EQ(more.header_.frame_count, 0U);
}

TEST(FrameTable, a_frame_wider_than_four_gigabytes_has_its_place) {
  Table table;
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
  Table table;
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

TEST(StartsImage, knows_the_markers_of_every_codec) {
  using namespace std::string_view_literals;
  for (const std::string_view good :
       {kJpeg, "\xFF\x4F\xFF\x51\x00\x2F"sv, "\xFF\x0A\x00"sv, "\0\0\0\x0CJXL \r\n\x87\n"sv,
        "\0\0\0\x0CjP  \r\n\x87\n"sv, "\3\0\0\0\x40\0\0\0"sv}) {
    EXPECT_TRUE(starts_image(as_bytes(good)));
  }
  EXPECT_FALSE(starts_image(as_bytes("\xFF\xD9\xFF"sv)));
  EXPECT_FALSE(starts_image({}));
}

}  // namespace
}  // namespace tessera::dicom
