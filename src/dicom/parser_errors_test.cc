#include "dicom/parser.h"

#include <gmock/gmock.h>

#include <set>

#include "support/parser_files.h"

namespace tessera::dicom {
namespace {

using test::DicomBytes;
using test::expect_corrupt;
using test::explicit_file;
using test::failure_of;
using test::kUndefined;
using test::TokenLog;
using test::tokens_of;
using ::testing::HasSubstr;

TEST(Parser, every_truncation_is_an_error_unless_between_top_level_elements) {
  const DicomBytes file = explicit_file()
                              .el16(0x00080005, "CS", "ISO_IR 192")
                              .head32(0x00082112, "SQ", kUndefined)
                              .item(16)
                              .el16(0x00081150, "UI", std::string("1.2.3\0  ", 8))
                              .sequence_end()
                              .head32(0x7FE00010, "OB", kUndefined)
                              .fragment("")
                              .fragment("FRAMES")
                              .sequence_end();
  const std::set<std::size_t> boundaries = {144, 172, 190, 234, file.bytes.size()};
  for (std::size_t end = 0; end <= file.bytes.size(); ++end) {
    TokenLog log;
    const Status status = test::parse_in_pieces(file.view().first(end), 5, log);
    const bool may_end_here = boundaries.contains(end) && end != 144;
    EXPECT_EQ(status.ok(), may_end_here) << "cut at " << end << ": " << status.message();
    EXPECT_TRUE(status.ok() || std::string(status.message()).find("byte") != std::string::npos) << status.message();
  }
}

TEST(Parser, what_is_no_dicom_is_said_to_be_none) {
  expect_corrupt(DicomBytes(), "not a DICOM Part 10 file");
  expect_corrupt(DicomBytes().raw(std::string(100, 'x')), "not a DICOM Part 10 file: it ends at byte 100");
  expect_corrupt(DicomBytes().raw(std::string(132, 'x')), "not a DICOM Part 10 file: no \"DICM\" at byte 128");
}

TEST(Parser, a_transfer_syntax_that_is_no_uid_is_not_repeated) {
  const Status status = failure_of(DicomBytes().start("<b>\n\xFF").el16(0x00280010, "US", "ab"));
  EXPECT_EQ(status.message(), "element (0002,0010) at byte 144: its value is no UID");
}

TEST(Parser, a_missing_transfer_syntax_is_named) {
  expect_corrupt(DicomBytes().raw(std::string(128, '\0') + "DICM").el16(0x00280010, "US", "ab"),
                 "element (0002,0010) is missing");
  expect_corrupt(DicomBytes().raw(std::string(128, '\0') + "DICM"), "element (0002,0010) is missing");
}

TEST(Parser, a_truncated_item_names_its_byte) {
  expect_corrupt(explicit_file().head32(0x00082112, "SQ", kUndefined).item(20),
                 "item (FFFE,E000) at byte 184: the file ends inside it, at byte 192");
  expect_corrupt(explicit_file().head32(0x7FE00010, "OB", kUndefined).item(20).raw("abc"),
                 "fragment 0 of (7FE0,0010) at byte 184: the file ends inside it, at byte 195, 17 bytes short");
  expect_corrupt(explicit_file().head16(0x00080018, "UI", 6).raw("1.2"),
                 "element (0008,0018) at byte 172: the file ends inside it, at byte 183, 3 bytes short");
}

TEST(Parser, lengths_must_fit_into_what_holds_them) {
  expect_corrupt(explicit_file().head32(0x00082112, "SQ", 18).item(10).head16(0x00280010, "US", 8).raw("12345678"),
                 "element (0028,0010) at byte 192: length 8 exceeds the 2 bytes left of the item (FFFE,E000) at byte "
                 "184");
  expect_corrupt(explicit_file().head32(0x00082112, "SQ", 8).item(4), "item (FFFE,E000) at byte 184: length 4 exceeds");
  expect_corrupt(explicit_file().head32(0x00082112, "SQ", 4).raw("1234"), "no element or delimiter fits into the 4");
  expect_corrupt(explicit_file().head32(0x00082112, "SQ", 16).item(8).head32(0x00282000, "OB", 0),
                 "element (0028,2000) at byte 192: length 4 exceeds the 0 bytes left");
  expect_corrupt(explicit_file()
                     .head32(0x00082112, "SQ", 32)
                     .item(kUndefined)
                     .head32(0x7FE00010, "OB", kUndefined)
                     .fragment("123456"),
                 "fragment (FFFE,E000) at byte 204: length 6 exceeds the 4 bytes left of the sequence (0008,2112) at "
                 "byte 172");
}

TEST(Parser, delimiters_stand_only_where_they_close_something) {
  expect_corrupt(explicit_file().item_end(), "item delimiter (FFFE,E00D) at byte 172: no item");
  expect_corrupt(explicit_file().sequence_end(), "tag (FFFE,E0DD) at byte 172: stands where an element");
  expect_corrupt(explicit_file().item(0), "tag (FFFE,E000) at byte 172: stands where an element");
  expect_corrupt(explicit_file().head32(0x00082112, "SQ", 16).item(8).item_end(), "no item of undefined length");
  expect_corrupt(explicit_file().head32(0x00082112, "SQ", 8).sequence_end(), "has a defined length");
  expect_corrupt(explicit_file().head32(0x00082112, "SQ", kUndefined).item_end(),
                 "tag (FFFE,E00D) at byte 184: stands where an item is expected");
  expect_corrupt(explicit_file().head32(0x7FE00010, "OB", kUndefined).el16(0x00280010, "US", "ab"),
                 "tag (0028,0010) at byte 184: stands where a fragment is expected");
  expect_corrupt(explicit_file().head32(0x7FE00010, "OB", kUndefined).item(kUndefined), "undefined length");
}

TEST(Parser, nonsense_headers_are_refused) {
  expect_corrupt(explicit_file().el16(0x00080005, "CS", "").implicit(0x00080018, "1.2.3."),
                 "element (0008,0018) at byte 180: bytes 0x0600");
  expect_corrupt(explicit_file().raw(std::string("\0\0\0\0\4\0\0\0", 8)), "tag (0000,0000) at byte 172");
  expect_corrupt(explicit_file().head32(0x00080018, "UT", kUndefined), "VR UT cannot have undefined length");
  expect_corrupt(DicomBytes().raw(std::string(128, '\0') + "DICM").head32(0x00020001, "SQ", 0), "holds no sequences");
}

TEST(Parser, limits_hold) {
  DicomBytes deep = explicit_file();
  for (int i = 0; i < 3; ++i) {
    deep.head32(0x00082112, "SQ", kUndefined).item(kUndefined);
  }
  EXPECT_EQ(failure_of(deep, {.depth = 2}).code(), Code::TooLarge);
  EXPECT_THAT(std::string(failure_of(deep, {.depth = 2}).message()), HasSubstr("(0008,2112) at byte 212"));
  EXPECT_EQ(failure_of(deep, {.depth = 3}).code(), Code::Corrupt);
  EXPECT_EQ(failure_of(deep, {.elements = 6}).code(), Code::TooLarge);
  const DicomBytes long_meta =
      DicomBytes().raw(std::string(128, '\0') + "DICM").el32(0x00020102, "OB", std::string(5000, 'x'));
  EXPECT_EQ(failure_of(long_meta, {.file_meta_bytes = 4096}).code(), Code::TooLarge);
}

TEST(Parser, fifty_sequences_in_each_other_are_read_and_sixty_five_refused) {
  const auto nested = [](int levels) {
    DicomBytes file = explicit_file();
    for (int i = 0; i < levels; ++i) {
      file.head32(0x00082112, "SQ", kUndefined).item(kUndefined);
    }
    file.el16(0x00080018, "UI", "1.2.3.");
    for (int i = 0; i < levels; ++i) {
      file.item_end().sequence_end();
    }
    return file;
  };
  EXPECT_THAT(tokens_of(nested(50)), HasSubstr(" d50 312e322e332e"));
  EXPECT_THAT(tokens_of(nested(64)), HasSubstr(" d64 "));
  EXPECT_THAT(std::string(failure_of(nested(65)).message()), HasSubstr("nested deeper than the 64 levels allowed"));
}

TEST(Parser, an_error_stays_the_error) {
  TokenLog log;
  Parser parser(log);
  const Status first = parser.feed(explicit_file().item(0).view());
  EXPECT_EQ(parser.feed(as_bytes("more")).message(), first.message());
  EXPECT_EQ(parser.finish().message(), first.message());
}

// Refuses the first chunk of a large value.
class FullSink final : public TokenSink {
 public:
  Status on_large_value_chunk(const ElementHeader&, ByteView) override { return Status(Code::NoSpace, "disk is full"); }
};

TEST(Parser, a_sink_that_refuses_ends_the_parse_with_its_words) {
  FullSink sink;
  const DicomBytes file = explicit_file().el32(0x00282000, "OB", std::string(kHeldValue + 2, 'x'));
  const Status status = test::parse_in_pieces(file.view(), 1000, sink);
  EXPECT_EQ(status.code(), Code::NoSpace);
  EXPECT_EQ(status.message(), "disk is full");
}

}  // namespace
}  // namespace tessera::dicom
