#include "dicom/frame_table.h"

#include <gmock/gmock.h>

#include "dicom/frame_boundaries.h"
#include "dicom/tags.h"
#include "support/made_frame_table.h"

namespace tessera::dicom {
namespace {

using test::kJpeg;
using test::kMore;
using test::MadeFrameTable;
using test::Ranges;
using test::ranges;
using test::table_of;
using ::testing::HasSubstr;

TEST(FrameTableBuilder, native_frames_are_computed) {
  MadeFrameTable table;
  ASSERT_TRUE(table.image(10, 20, 3, 8).frames("3 ").native(1800).finish().ok());
  EXPECT_EQ(table.header_.kind, FrameKind::Native);
  EXPECT_EQ(table.builder_.frame_count(), 3U);
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1000, 600}}));
  EXPECT_EQ(ranges(table.find(2)), (Ranges{{2200, 600}}));
}

TEST(FrameTableBuilder, native_chroma_of_half_width_makes_frames_of_two_thirds) {
  MadeFrameTable table;
  table.image(10, 20, 3, 8).text(tags::kPhotometricInterpretation, Vr::CS, "YBR_FULL_422");
  ASSERT_TRUE(table.frames("2").native(800).finish().ok());
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1400, 400}}));
}

TEST(FrameTableBuilder, one_bit_frames_may_start_inside_a_byte) {
  MadeFrameTable table;
  ASSERT_TRUE(table.image(3, 3, 1, 1).frames("4").native(6).finish().ok());
  EXPECT_EQ(table.header_.kind, FrameKind::NativeBits);
  const Result<FrameExtents> third = table.find(2);  // bits 18 to 26
  EXPECT_EQ(ranges(third), (Ranges{{1002, 2}}));
  EXPECT_EQ(third->first_bit, 2);
  EXPECT_EQ(table.find(3)->first_bit, 3);
}

TEST(FrameTableBuilder, float_pixel_data_has_its_own_width) {
  MadeFrameTable floats;
  ASSERT_TRUE(floats.image(2, 2, 1, 0).frames("2").native(32, tags::kFloatPixelData).finish().ok());
  EXPECT_EQ(ranges(floats.find(1)), (Ranges{{1016, 16}}));
  MadeFrameTable doubles;
  ASSERT_TRUE(doubles.image(2, 2, 1, 0).native(32, tags::kDoubleFloatPixelData).finish().ok());
  EXPECT_EQ(ranges(doubles.find(0)), (Ranges{{1000, 32}}));
}

TEST(FrameTableBuilder, native_pixels_that_the_attributes_do_not_divide_are_one_frame_or_the_whole_ones_there_are) {
  MadeFrameTable unnamed;
  EXPECT_THAT(unnamed.native(100).problem_of_finish(), HasSubstr("Rows (0028,0010)"));
  EXPECT_EQ(ranges(unnamed.find(0)), (Ranges{{1000, 100}}))
      << "all there is, as the one frame that is said to be there";
  MadeFrameTable short_of_one;
  EXPECT_THAT(short_of_one.image(65535, 65535, 1, 16).native(100).problem_of_finish(), HasSubstr("too few for 1"));
  EXPECT_EQ(ranges(short_of_one.find(0)), (Ranges{{1000, 100}}));
  MadeFrameTable half;
  EXPECT_THAT(half.image(10, 10, 1, 16).frames("3").native(410).problem_of_finish(),
              HasSubstr("410 bytes, too few for 3"));
  EXPECT_EQ(half.header_.frame_count, 2U);
  EXPECT_EQ(ranges(half.find(1)), (Ranges{{1200, 200}}));
  MadeFrameTable none;
  EXPECT_NE(none.image(65535, 65535, 4, 64).frames("4294967295").native(8).problem_of_finish(), "");
  EXPECT_EQ(none.header_.frame_count, 0U);
}

TEST(FrameTableBuilder, chroma_that_is_not_halved_though_its_name_says_so_is_taken_whole) {
  MadeFrameTable table;
  table.text(tags::kPhotometricInterpretation, Vr::CS, "YBR_FULL_422");
  ASSERT_EQ(table.image(4, 4, 3, 8).frames("2").native(96).problem_of_finish(), "");
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1048, 48}}));
}

TEST(FrameTableBuilder, as_many_fragments_as_frames_means_one_each) {
  MadeFrameTable table;
  table.frames("3").begin().fragment(kMore, 100).fragment("", 0).fragment(kMore, 0xFFFFFFFE).end();
  ASSERT_TRUE(table.finish().ok());
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1016, 100}}));
  EXPECT_EQ(table.find(1)->bytes(), 0U) << "an empty fragment is an empty frame";
  EXPECT_EQ(ranges(table.find(2)), (Ranges{{1132, 0xFFFFFFFE}}));
  EXPECT_EQ(table.header_.exception_count, 0U);
}

TEST(FrameTableBuilder, absent_number_of_frames_means_one_frame_of_all_fragments) {
  MadeFrameTable table;
  ASSERT_TRUE(table.begin().fragment(kJpeg, 10).fragment(kJpeg, 20).end().finish().ok());
  EXPECT_EQ(table.header_.frame_count, 1U);
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1016, 10}, {1034, 20}}));
}

TEST(FrameTableBuilder, the_basic_offset_table_groups_fragments) {
  MadeFrameTable table;
  table.frames("3").begin(table_of<std::uint32_t>({0, 36, 54}));
  table.fragment(kMore, 10).fragment(kMore, 10).fragment(kMore, 10).fragment(kMore, 6).fragment(kMore, 4).end();
  ASSERT_TRUE(table.finish().ok());
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1028, 10}, {1046, 10}}));
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1064, 10}}));
  EXPECT_EQ(ranges(table.find(2)), (Ranges{{1082, 6}, {1096, 4}}));
  EXPECT_EQ(table.header_.exception_count, 2U);
}

TEST(FrameTableBuilder, the_extended_offset_table_groups_fragments) {
  MadeFrameTable table;
  table.frames("2").text(tags::kExtendedOffsetTable, Vr::OV, table_of<std::uint64_t>({0, 36}));
  table.begin().fragment(kMore, 10).fragment(kMore, 10).fragment(kMore, 10).end();
  ASSERT_TRUE(table.finish().ok());
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1052, 10}}));
}

TEST(FrameTableBuilder, items_win_over_an_offset_table_that_lies) {
  MadeFrameTable table;
  table.frames("2").begin(table_of<std::uint32_t>({0, 19}));
  ASSERT_TRUE(table.fragment(kMore, 10).fragment(kMore, 10).end().finish().ok());
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1042, 10}}));
}

TEST(FrameTableBuilder, image_markers_group_fragments_where_no_table_does) {
  MadeFrameTable table;
  table.frames("2").begin(table_of<std::uint32_t>({0, 19}));
  table.fragment(kJpeg, 10).fragment(kMore, 10).fragment(kJpeg, 10).fragment(kMore, 10).end();
  ASSERT_TRUE(table.finish().ok());
  EXPECT_EQ(ranges(table.find(1)), (Ranges{{1060, 10}, {1078, 10}}));
}

TEST(FrameTableBuilder, counts_that_cannot_be_reconciled_are_told) {
  MadeFrameTable table;
  EXPECT_EQ(
      table.frames("2").begin().fragment(kJpeg, 10).fragment(kMore, 10).fragment(kMore, 10).end().problem_of_finish(),
      "index frames: PixelData (7FE0,0010) has 3 fragments, NumberOfFrames (0028,0008) is 2; there is "
      "no usable "
      "Basic Offset Table, there is no usable Extended Offset Table, and 1 fragments begin an image");
  EXPECT_EQ(table.header_.frame_count, 0U) << "none of them for certain";
  EXPECT_NE(MadeFrameTable().frames("2").begin().end().problem_of_finish(), "");
  EXPECT_EQ(MadeFrameTable().begin().end().problem_of_finish(), "") << "no fragment at all: no frame";
}

TEST(FrameTableBuilder, fewer_fragments_than_frames_are_the_frames_there_are) {
  for (const char* said : {"3", "2147483647"}) {
    MadeFrameTable table;
    EXPECT_THAT(table.frames(said).begin().fragment(kJpeg, 10).fragment(kJpeg, 20).end().problem_of_finish(),
                HasSubstr("2 fragments"))
        << said;
    EXPECT_EQ(table.header_.frame_count, 2U) << said;
    EXPECT_EQ(ranges(table.find(1)), (Ranges{{1034, 20}})) << said;
  }
}

TEST(FrameTableBuilder, where_the_number_of_frames_is_none_table_or_images_tell_it) {
  for (const char* said : {"-1", "many"}) {
    MadeFrameTable images;
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
    MadeFrameTable listed;
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

TEST(FrameTableBuilder, of_two_pixel_data_the_first_is_the_image) {
  MadeFrameTable table;
  EXPECT_THAT(table.image(1, 1, 1, 8).native(2).native(4).problem_of_finish(), HasSubstr("second in the file"));
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1000, 1}}));
}

TEST(FrameTableBuilder, icons_in_items_do_not_confuse) {
  MadeFrameTable table;
  table.frames("2").nested().frames("9").image(1, 1, 1, 8).native(4);
  table.begin(table_of<std::uint32_t>({0, 36})).fragment(kJpeg, 4).end();
  ASSERT_TRUE(table.top().begin().fragment(kMore, 10).fragment(kMore, 10).end().finish().ok());
  EXPECT_EQ(table.header_.frame_count, 2U);
  EXPECT_EQ(ranges(table.find(0)), (Ranges{{1016, 10}}));
}

TEST(FrameTableBuilder, video_is_one_frame) {
  MadeFrameTable table;
  table.text(tags::kTransferSyntaxUID, Vr::UI, "1.2.840.10008.1.2.4.102");
  ASSERT_TRUE(table.frames("500000").begin().fragment("", 100).fragment("", 50).end().finish().ok());
  EXPECT_EQ(table.header_.frame_count, 1U);
  EXPECT_EQ(table.find(0)->bytes(), 150U);
}

TEST(FrameTableBuilder, grouping_ends_at_its_stated_limit) {
  MadeFrameTable many;
  many.begin();
  for (std::uint32_t i = 0; i < kMaxGroupedFragments; ++i) {
    many.fragment("", 2);
  }
  MadeFrameTable more;
  more.frames("2").begin();
  for (std::uint32_t i = 0; i <= kMaxGroupedFragments; ++i) {
    more.fragment("", 2);
  }
  ASSERT_TRUE(many.end().finish().ok());
  EXPECT_EQ(many.find(0)->fragments.size(), kMaxGroupedFragments);
  EXPECT_THAT(more.end().problem_of_finish(), HasSubstr("fragments at most"));
  EXPECT_EQ(more.header_.frame_count, 0U);
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
