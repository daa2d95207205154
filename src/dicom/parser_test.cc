#include "dicom/parser.h"

#include <gmock/gmock.h>

#include "support/parser_files.h"

namespace tessera::dicom {
namespace {

using test::DicomBytes;
using test::explicit_file;
using test::implicit_file;
using test::kExplicitStart;
using test::kUndefined;
using test::TokenLog;
using test::tokens_of;
using ::testing::HasSubstr;

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

TEST(Parser, says_which_transfer_syntax_the_file_has) {
  TokenLog log;
  Parser parser(log);
  EXPECT_EQ(parser.transfer_syntax(), "");
  const DicomBytes file = explicit_file();
  EXPECT_TRUE(parser.feed(file.view()).ok());
  EXPECT_EQ(parser.transfer_syntax(), kExplicitLittleEndian);
  EXPECT_EQ(parser.bytes_seen(), kExplicitStart);
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
