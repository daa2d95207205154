#include "dicom/parser.h"

#include <gmock/gmock.h>

#include "dicom/transfer_syntax.h"
#include "support/parser_files.h"

namespace tessera::dicom {
namespace {

using test::DicomBytes;
using test::expect_corrupt;
using test::explicit_file;
using test::implicit_file;
using test::kUndefined;
using test::tokens_of;
using ::testing::HasSubstr;

TEST(Parser, a_private_sequence_of_unknown_vr_is_implicit_inside) {
  const std::string tokens = tokens_of(explicit_file()
                                           .head32(0x00091001, "UN", kUndefined)
                                           .item(kUndefined)
                                           .implicit(0x00080018, "1.2.3.")
                                           .implicit_head(0x00091002, kUndefined)
                                           .sequence_end()
                                           .item_end()
                                           .sequence_end()
                                           .el16(0x00280010, "US", "\1\2"));
  EXPECT_THAT(tokens, HasSubstr("\nsequence (0009,1001) SQ"));
  EXPECT_THAT(tokens, HasSubstr("(0008,0018) UI"));
  EXPECT_THAT(tokens, HasSubstr("\nsequence (0009,1002) SQ"));
  EXPECT_THAT(tokens, HasSubstr("\nvalue (0028,0010) US"));
}

TEST(Parser, a_public_value_written_as_unknown_gets_its_vr_back) {
  const std::string tokens = tokens_of(
      explicit_file().el32(0x00080018, "UN", "1.2.3.").el32(0x00091001, "UN", "ab").el32(0x00082112, "UN", "ab"));
  EXPECT_THAT(tokens, HasSubstr("(0008,0018) UI"));
  EXPECT_THAT(tokens, HasSubstr("(0009,1001) UN"));
  EXPECT_THAT(tokens, HasSubstr("\nvalue (0008,2112) UN"));
}

TEST(Parser, a_vr_of_a_later_standard_has_a_long_length) {
  EXPECT_THAT(tokens_of(explicit_file().el32(0x00091001, "ZX", "abcd")), HasSubstr("(0009,1001) UN @172 v184 +4"));
}

TEST(Parser, odd_lengths_are_read_as_they_are) {
  EXPECT_THAT(tokens_of(explicit_file().el16(0x00080018, "UI", "1.2").el16(0x00280010, "US", "\1\2")),
              HasSubstr("+3 d0 312e32\nvalue (0028,0010) US @183"));
}

TEST(Parser, a_wrong_or_missing_group_length_does_no_harm) {
  DicomBytes wrong = explicit_file().el16(0x00280010, "US", "\1\2");
  wrong.bytes[140] = '\x7F';
  EXPECT_THAT(tokens_of(wrong), HasSubstr("(0028,0010) US @172"));
  const DicomBytes missing = DicomBytes()
                                 .raw(std::string(128, 'P') + "DICM")
                                 .el16(0x00020010, "UI", "1.2.840.10008.1.2 ")
                                 .implicit(0x00280010, "\1\2");
  EXPECT_THAT(tokens_of(missing), HasSubstr("(0028,0010) US @158"));
}

TEST(Parser, a_syntax_it_does_not_know_is_read_as_explicit_little_endian) {
  EXPECT_THAT(tokens_of(DicomBytes().start("1.2.3.4").el16(0x00280010, "US", "\1\2")), HasSubstr("(0028,0010) US"));
  EXPECT_THAT(tokens_of(DicomBytes().start("1.2.3.4").head32(0x7FE00010, "OB", kUndefined).fragment("").sequence_end()),
              HasSubstr("fragments (7FE0,0010)"));
}

TEST(Parser, a_length_in_a_delimiter_means_nothing) {
  const std::string tokens = tokens_of(explicit_file()
                                           .head32(0x00082112, "SQ", kUndefined)
                                           .item(kUndefined)
                                           .implicit_head(0xFFFEE00D, 4)
                                           .implicit_head(0xFFFEE0DD, 2)
                                           .el16(0x00280010, "US", "\1\2"));
  EXPECT_THAT(tokens, HasSubstr("item end\nsequence end\nvalue (0028,0010)"));
}

TEST(Parser, zero_bytes_behind_the_data_set_are_padding) {
  for (const std::size_t zeros : {1, 2, 7, 8, 9, 100'000}) {
    EXPECT_THAT(tokens_of(explicit_file().el16(0x00280010, "US", "\1\2").raw(std::string(zeros, '\0'))),
                HasSubstr("(0028,0010)"));
  }
  expect_corrupt(explicit_file().el16(0x00280010, "US", "\1\2").raw(std::string(20, '\0') + "x"),
                 "byte 202 follows zero bytes behind the data set");
}

TEST(Parser, an_explicit_file_that_is_plainly_implicit_is_read_as_that_and_the_other_way_round) {
  const std::string implicit = tokens_of(explicit_file().implicit(0x00080018, "1.2.3.").implicit(0x00280010, "\1\2"));
  EXPECT_THAT(implicit, HasSubstr("(0008,0018) UI"));
  EXPECT_THAT(implicit, HasSubstr("(0028,0010) US"));
  EXPECT_THAT(tokens_of(implicit_file().el16(0x00080018, "UI", "1.2.3.").el16(0x00280010, "US", "\1\2")),
              HasSubstr("(0008,0018) UI @170 v178 +6"));
}

TEST(Parser, what_the_dictionary_calls_a_sequence_is_a_value_where_no_item_begins_it) {
  for (const std::size_t length : {8, 12, 70'000}) {
    const std::string tokens =
        tokens_of(implicit_file().implicit(0x0040A170, std::string(length, 'N')).implicit(0x00280010, "\1\2"));
    EXPECT_THAT(tokens, HasSubstr("(0040,A170) UN @170 v178 +" + std::to_string(length) + " d0 4e4e4e4e"));
    EXPECT_THAT(tokens, HasSubstr("(0028,0010) US @" + std::to_string(178 + length)));
  }
  EXPECT_THAT(tokens_of(implicit_file().implicit(0x0040A170, "ABCD")), HasSubstr("UN @170"));
}

TEST(Parser, an_item_may_be_written_the_other_way_than_what_holds_it) {
  const std::string tokens = tokens_of(explicit_file()
                                           .head32(0x00082112, "SQ", kUndefined)
                                           .item(kUndefined)
                                           .implicit(0x00081150, "1.2.")
                                           .implicit(0x00081155, "3.4.")
                                           .item_end()
                                           .item(kUndefined)
                                           .el16(0x00081150, "UI", "5.6.")
                                           .item_end()
                                           .sequence_end()
                                           .head32(0x00091001, "UN", kUndefined)
                                           .item(kUndefined)
                                           .el16(0x00081150, "UI", "7.8.")
                                           .item_end()
                                           .sequence_end());
  for (const char* hex : {"312e322e", "332e342e", "352e362e", "372e382e"}) {
    EXPECT_THAT(tokens, HasSubstr(std::string("d1 ") + hex));
  }
}

// ReferencedSOPSequence (0008,1199) of one item, as a value.
std::string one_item(bool explicit_inside) {
  const DicomBytes attribute =
      explicit_inside ? DicomBytes().el16(0x00081150, "UI", "1.2.3.") : DicomBytes().implicit(0x00081150, "1.2.3.");
  return DicomBytes().item(static_cast<std::uint32_t>(attribute.bytes.size())).raw(attribute.bytes).bytes;
}

TEST(Parser, a_public_sequence_written_as_unknown_is_a_sequence_again) {
  for (const bool explicit_inside : {false, true}) {
    const std::string value = one_item(explicit_inside);
    const std::string tokens = tokens_of(explicit_file().el32(0x00081199, "UN", value).el16(0x00280010, "US", "\1\2"));
    EXPECT_THAT(tokens,
                HasSubstr("\nsequence (0008,1199) SQ @172 v184 +22 d0 \nitem\nvalue (0008,1150) UI @192 v200 +6 d1 "
                          "312e322e332e\nitem end\nsequence end\nvalue (0028,0010) US @206"));
  }
  EXPECT_THAT(tokens_of(explicit_file().el32(0x00081199, "UN", "")), HasSubstr("sequence (0008,1199) SQ @172 v184 +0"));
}

TEST(Parser, a_sequence_written_as_unknown_in_a_big_endian_file_is_little_endian) {
  DicomBytes file = DicomBytes().start(kExplicitBigEndian);
  file.raw(std::string("\x00\x08\x11\x99UN\0\0\0\0\0\x16", 12)).raw(one_item(false));
  EXPECT_THAT(tokens_of(file), HasSubstr("\nitem\nvalue (0008,1150) UI"));
}

TEST(Parser, unknown_bytes_that_begin_like_a_sequence_and_are_none_refuse_no_file) {
  const std::string good = one_item(false);
  for (const std::string& bad : {good.substr(0, good.size() - 1), good + "x", good + std::string(8, '\0'),
                                 DicomBytes().item(kUndefined).bytes, DicomBytes().item(100).bytes + "short"}) {
    const std::string tokens = tokens_of(explicit_file().el32(0x00081199, "UN", bad).el16(0x00280010, "US", "\1\2"));
    EXPECT_THAT(tokens, HasSubstr("\nvalue (0008,1199) UN @172 v184 +" + std::to_string(bad.size()) + " d0 "));
    EXPECT_THAT(tokens, HasSubstr("\nvalue (0028,0010) US"));
  }
}

TEST(Parser, sequences_written_as_unknown_in_each_other_cost_twice_their_bytes_and_no_more) {
  std::string value = one_item(false);
  for (int level = 1; level < 60; ++level) {
    const DicomBytes inner = DicomBytes().el16(0x00081150, "UI", "1.2.3.").el32(0x00081199, "UN", value);
    value = DicomBytes().item(static_cast<std::uint32_t>(inner.bytes.size())).raw(inner.bytes).bytes;
  }
  EXPECT_THAT(tokens_of(explicit_file().el32(0x00081199, "UN", value)), HasSubstr(" d60 312e322e332e"));
}

TEST(Parser, a_long_sequence_written_as_unknown_is_one_if_an_item_begins_it) {
  std::string value;
  while (value.size() <= kHeldValue) {
    value += one_item(false);
  }
  EXPECT_THAT(tokens_of(explicit_file().el32(0x00081199, "UN", value)), HasSubstr("sequence (0008,1199) SQ"));
  value[0] = '?';
  EXPECT_THAT(tokens_of(explicit_file().el32(0x00081199, "UN", value)), HasSubstr("large (0008,1199) UN"));
}

}  // namespace
}  // namespace tessera::dicom
