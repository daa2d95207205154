#include "dicom/parser.h"

#include <gmock/gmock.h>

#include <set>

#include "dicom/transfer_syntax.h"
#include "support/dicom_bytes.h"
#include "support/token_log.h"

namespace tessera::dicom {
namespace {

using test::DicomBytes;
using test::kUndefined;
using test::TokenLog;
using ::testing::HasSubstr;

// Bytes before the data set that DicomBytes::start makes: preamble, group length and the padded syntax.
constexpr std::size_t kExplicitStart = 132 + 12 + 8 + 20;

DicomBytes explicit_file() {
  return DicomBytes().start(kExplicitLittleEndian);
}
DicomBytes implicit_file() {
  return DicomBytes().start(kImplicitLittleEndian);
}

std::string tokens_of(const DicomBytes& file) {
  TokenLog log;
  const Status status = test::parse_in_pieces(file.view(), SIZE_MAX, log);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(log.open, 0);
  return log.text;
}

Status failure_of(const DicomBytes& file, ParserLimits limits = {}) {
  TokenLog log;
  const Status status = test::parse_in_pieces(file.view(), SIZE_MAX, log, limits);
  TokenLog bytewise;
  const Status same = test::parse_in_pieces(file.view(), 1, bytewise, limits);
  EXPECT_EQ(same.message(), status.message()) << "one byte at a time tells another story";
  return status;
}

void expect_corrupt(const DicomBytes& file, std::string_view what) {
  const Status status = failure_of(file);
  EXPECT_EQ(status.code(), Code::Corrupt);
  EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(what)));
}

// One of everything, in explicit VR.
DicomBytes rich_file() {
  return explicit_file()
      .el16(0x00080005, "CS", "ISO_IR 192")
      .el16(0x00091001, "LO", "private ")
      .head32(0x00082112, "SQ", kUndefined)
      .item(kUndefined)
      .el16(0x00081150, "UI", "1.2.3\0")
      .item_end()
      .item(0)
      .sequence_end()
      .head32(0x00880200, "SQ", 72)
      .item(64)
      .el16(0x00280010, "US", "\1\1")
      .head32(0x7FE00010, "OB", kUndefined)
      .fragment("")
      .fragment("ICON")
      .sequence_end()
      .el16(0x7FE10010, "LO", "inside")
      .el32(0x00282000, "OB", std::string(kHeldValue + 2, 'x'))
      .head32(0x7FE00010, "OB", kUndefined)
      .fragment(std::string("\0\0\0\0", 4))
      .fragment("\xFE\xFF\xDD\xE0 looks like a delimiter ")
      .fragment(std::string(70000, 'y'))
      .sequence_end()
      .el32(0xFFFCFFFC, "OB", std::string(6, '\0'));
}

// The tokens without the two long values, so that a failing test can be read.
std::string rich_tokens() {
  std::string tokens = tokens_of(rich_file());
  for (const std::string filler : {"7878", "7979"}) {
    for (std::size_t at = tokens.find(filler); at != std::string::npos; at = tokens.find(filler, at)) {
      tokens.erase(at, tokens.find_first_not_of(filler[1] == '8' ? "78" : "79", at) - at);
    }
  }
  return tokens;
}

TEST(Parser, a_value_comes_with_its_place) {
  EXPECT_EQ(tokens_of(explicit_file().el16(0x00280010, "US", "\1\2")),
            "\nvalue (0002,0000) UL @132 v140 +4 d0 1c000000"
            "\nvalue (0002,0010) UI @144 v152 +20 d0 312e322e3834302e31303030382e312e322e3100"
            "\nvalue (0028,0010) US @172 v180 +2 d0 0102");
}

TEST(Parser, any_chunking_gives_the_same_tokens) {
  const DicomBytes file = rich_file();
  const std::string whole = tokens_of(file);
  for (const std::size_t piece : {1, 2, 3, 7, 8, 11, 64, 4096, 65536, 65537}) {
    TokenLog log;
    EXPECT_TRUE(test::parse_in_pieces(file.view(), piece, log).ok());
    EXPECT_EQ(log.text == whole, true) << "pieces of " << piece;
  }
}

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

TEST(Parser, the_undefined_length_forms_read_like_the_defined_ones) {
  const std::string tokens = rich_tokens();
  EXPECT_THAT(tokens, HasSubstr("\nsequence (0008,2112) SQ @206 v218 +4294967295 d0 \nitem\nvalue (0008,1150) UI @226 "
                                "v234 +5 d1 312e322e33"));
  EXPECT_THAT(tokens, HasSubstr("\nitem end\nitem\nitem end\nsequence end\nsequence (0088,0200)"));
}

TEST(Parser, an_icon_is_told_from_the_image_by_its_depth) {
  const std::string tokens = rich_tokens();
  EXPECT_THAT(tokens, HasSubstr("\nfragments (7FE0,0010) OB @293 v305 +4294967295 d1 \nfragment 0 @305 +0 \nfragment "
                                "end\nfragment 1 @313 +4 49434f4e"));
  EXPECT_THAT(tokens, HasSubstr("d1 696e73696465\nitem end\nsequence end\nlarge (0028,2000) OB"));
  EXPECT_THAT(tokens, HasSubstr("+4294967295 d0 \nfragment 0"));
}

TEST(Parser, bytes_that_look_like_a_delimiter_inside_a_fragment_mean_nothing) {
  EXPECT_THAT(rich_tokens(), HasSubstr("feffdde0206c6f6f6b73"));
}

TEST(Parser, goes_on_past_pixel_data) {
  EXPECT_THAT(rich_tokens(), HasSubstr("\nvalue (FFFC,FFFC) OB"));
}

TEST(Parser, implicit_little_endian_takes_its_vrs_from_the_dictionary) {
  const std::string tokens = tokens_of(implicit_file()
                                           .implicit(0x00080018, "1.2.3.")
                                           .implicit_head(0x00082112, 18)
                                           .item(10)
                                           .implicit(0x00280010, "\1\2")
                                           .implicit(0x00090010, "ME")
                                           .implicit(0x00091010, "??"));
  EXPECT_THAT(tokens, HasSubstr("(0008,0018) UI @170"));
  EXPECT_THAT(tokens, HasSubstr("\nsequence (0008,2112) SQ @184 v192 +18 d0 \nitem\nvalue (0028,0010) US @200"));
  EXPECT_THAT(tokens, HasSubstr("(0009,0010) LO"));
  EXPECT_THAT(tokens, HasSubstr("(0009,1010) UN"));
}

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

TEST(Parser, says_which_transfer_syntax_the_file_has) {
  TokenLog log;
  Parser parser(log);
  EXPECT_EQ(parser.transfer_syntax(), "");
  const DicomBytes file = explicit_file();
  EXPECT_TRUE(parser.feed(file.view()).ok());
  EXPECT_EQ(parser.transfer_syntax(), kExplicitLittleEndian);
  EXPECT_EQ(parser.bytes_seen(), kExplicitStart);
}

TEST(Parser, what_is_no_dicom_is_said_to_be_none) {
  expect_corrupt(DicomBytes(), "not a DICOM Part 10 file");
  expect_corrupt(DicomBytes().raw(std::string(100, 'x')), "not a DICOM Part 10 file: it ends at byte 100");
  expect_corrupt(DicomBytes().raw(std::string(132, 'x')), "not a DICOM Part 10 file: no \"DICM\" at byte 128");
}

TEST(Parser, a_syntax_it_does_not_know_is_read_as_explicit_little_endian) {
  EXPECT_THAT(tokens_of(DicomBytes().start("1.2.3.4").el16(0x00280010, "US", "\1\2")), HasSubstr("(0028,0010) US"));
  EXPECT_THAT(tokens_of(DicomBytes().start("1.2.3.4").head32(0x7FE00010, "OB", kUndefined).fragment("").sequence_end()),
              HasSubstr("fragments (7FE0,0010)"));
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

// Large bytes must reach the sink where they lie, not by way of a copy.
class InPlaceSink final : public TokenSink {
 public:
  explicit InPlaceSink(ByteView file) : file_(file) {}
  std::size_t seen = 0;
  Status on_fragment_chunk(const FragmentHeader&, ByteView bytes) override {
    EXPECT_TRUE(bytes.data() >= file_.data() && bytes.data() + bytes.size() <= file_.data() + file_.size());
    seen += bytes.size();
    return {};
  }

 private:
  ByteView file_;
};

TEST(Parser, fragments_pass_through_without_a_copy) {
  const DicomBytes file =
      explicit_file().head32(0x7FE00010, "OB", kUndefined).fragment(std::string(1000, 'f')).sequence_end();
  InPlaceSink sink(file.view());
  EXPECT_TRUE(test::parse_in_pieces(file.view(), 300, sink).ok());
  EXPECT_EQ(sink.seen, 1000U);
}

}  // namespace
}  // namespace tessera::dicom
