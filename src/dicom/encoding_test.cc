// Big endian and deflated data sets through the parser: what the sinks get is what the same data set gives them in
// explicit little endian.
#include <gmock/gmock.h>

#include "dicom/parser.h"
#include "dicom/transfer_syntax.h"
#include "support/deflated.h"
#include "support/dicom_bytes.h"
#include "support/token_log.h"

namespace tessera::dicom {
namespace {

using test::DicomBytes;
using test::kUndefined;
using test::TokenLog;
using ::testing::HasSubstr;

constexpr std::size_t kBigStart = 132 + 12 + 8 + 20;  // preamble and group 0002 of DicomBytes::start

std::string big16(std::uint32_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}
std::string big32(std::uint32_t number) {
  return big16(number >> 16) + big16(number & 0xFFFF);
}

// Big endian by hand; group 0002 stays little.
struct BigEndian {
  DicomBytes file = DicomBytes().start(kExplicitBigEndian);

  BigEndian& el16(std::uint32_t tag, std::string_view vr, std::string_view value) {
    file.raw(big32(tag)).raw(vr).raw(big16(static_cast<std::uint32_t>(value.size()))).raw(value);
    return *this;
  }
  BigEndian& head32(std::uint32_t tag, std::string_view vr, std::uint32_t length) {
    file.raw(big32(tag)).raw(vr).raw(big16(0)).raw(big32(length));
    return *this;
  }
  BigEndian& mark(std::uint32_t tag, std::uint32_t length) {
    file.raw(big32(tag)).raw(big32(length));
    return *this;
  }
};

std::string tokens_of(const DicomBytes& file, std::size_t piece = SIZE_MAX, ParserLimits limits = {}) {
  TokenLog log;
  const Status status = test::parse_in_pieces(file.view(), piece, log, limits);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(log.open, 0);
  return log.text;
}

TEST(BigEndian, numbers_come_in_little_endian_and_text_as_it_is) {
  const std::string tokens = tokens_of(BigEndian()
                                           .el16(0x00080018, "UI", "1.2.3.")
                                           .el16(0x00280009, "AT", big32(0x00181063))
                                           .el16(0x00280010, "US", big16(0x0102) + big16(0x0304))
                                           .el16(0x00480006, "UL", big32(0x01020304))
                                           .el16(0x00189073, "FD", "\1\2\3\4\5\6\7\x08")
                                           .file);
  EXPECT_THAT(tokens, HasSubstr("(0008,0018) UI @172 v180 +6 d0 312e322e332e"));
  EXPECT_THAT(tokens, HasSubstr("(0028,0009) AT @186 v194 +4 d0 18006310"));
  EXPECT_THAT(tokens, HasSubstr("+4 d0 02010403"));
  EXPECT_THAT(tokens, HasSubstr("(0048,0006) UL @210 v218 +4 d0 04030201"));
  EXPECT_THAT(tokens, HasSubstr("+8 d0 0807060504030201"));
}

TEST(BigEndian, words_are_turned_around_and_bytes_are_not) {
  const std::string tokens = tokens_of(BigEndian()
                                           .head32(0x00281201, "OW", 4)
                                           .file.raw("\1\2\3\4")
                                           .raw(big32(0x00282000) + "OB")
                                           .raw(std::string(2, '\0') + big32(3) + "\1\2\3"));
  EXPECT_THAT(tokens, HasSubstr("(0028,1201) OW @172 v184 +4 d0 02010403"));
  EXPECT_THAT(tokens, HasSubstr("(0028,2000) OB @188 v200 +3 d0 010203"));
}

TEST(BigEndian, items_delimiters_and_what_is_in_them_are_big_endian_too) {
  const std::string tokens = tokens_of(BigEndian()
                                           .head32(0x00082112, "SQ", kUndefined)
                                           .mark(0xFFFEE000, kUndefined)
                                           .el16(0x00280010, "US", big16(7))
                                           .mark(0xFFFEE00D, 0)
                                           .mark(0xFFFEE000, 10)
                                           .el16(0x00280010, "US", big16(8))
                                           .mark(0xFFFEE0DD, 0)
                                           .el16(0x00280011, "US", big16(9))
                                           .file);
  EXPECT_THAT(tokens, HasSubstr("+2 d1 0700\nitem end\nitem\nvalue (0028,0010) US @218 v226 +2 d1 0800"));
  EXPECT_THAT(tokens, HasSubstr("(0028,0011) US @236 v244 +2 d0 0900"));
}

TEST(BigEndian, what_its_writer_did_not_know_is_little_endian) {
  DicomBytes file = BigEndian().head32(0x00280010, "UN", 2).file;
  file.raw("\7").raw(std::string_view("\0", 1)).raw(big32(0x00091001) + "UN" + big16(0) + big32(kUndefined));
  file.item(kUndefined).implicit(0x00280010, std::string_view("\5\0", 2)).item_end().sequence_end();
  file.raw(big32(0x00280011) + "US" + big16(2) + big16(6));
  const std::string tokens = tokens_of(file);
  EXPECT_THAT(tokens, HasSubstr("(0028,0010) US @172 v184 +2 d0 0700"));
  EXPECT_THAT(tokens, HasSubstr("d1 0500"));
  EXPECT_THAT(tokens, HasSubstr("(0028,0011) US"));
  EXPECT_THAT(tokens, HasSubstr("d0 0600"));
}

TEST(BigEndian, a_large_value_says_that_its_bytes_lie_turned_around) {
  struct Watch final : TokenSink {
    bool big = false;
    Status on_large_value_begin(const ElementHeader& header) override {
      big = header.big_endian;
      return {};
    }
  } watch;
  const DicomBytes file =
      BigEndian().head32(0x7FE00010, "OW", kHeldValue + 2).file.raw(std::string(kHeldValue + 2, 'x'));
  EXPECT_TRUE(test::parse_in_pieces(file.view(), 999, watch).ok());
  EXPECT_TRUE(watch.big);
}

// ---- deflated -----------------------------------------------------------------------------------------------------

std::string data_set() {
  return DicomBytes()
      .el16(0x00080018, "UI", "1.2.3.")
      .head32(0x00082112, "SQ", kUndefined)
      .item(10)
      .el16(0x00280010, "US", "\1\2")
      .sequence_end()
      .el32(0x00282000, "OB", std::string(200'000, 'x'))
      .el16(0x00480006, "UL", "abcd")
      .bytes;
}
DicomBytes deflated_file(const std::string& compressed) {
  return DicomBytes().start("1.2.840.10008.1.2.1.99").raw(compressed);
}
std::string plain_tokens(const std::string& set) {
  // The same offsets: both syntaxes make a start of one length once padded.
  std::string start = DicomBytes().start("1.2.840.10008.1.2.1.99").bytes;
  std::string tokens = tokens_of(DicomBytes().start("1.2.840.10008.1.2.1.98").raw(set));
  EXPECT_EQ(start.size(), DicomBytes().start("1.2.840.10008.1.2.1.98").bytes.size());
  return tokens.substr(tokens.find("(0008,0018)"));
}

TEST(Deflated, gives_the_tokens_of_its_plain_form_however_it_is_cut) {
  const DicomBytes file = deflated_file(test::deflated(data_set()));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, SIZE_MAX}) {
    const std::string tokens = tokens_of(file, piece);
    EXPECT_TRUE(tokens.substr(tokens.find("(0008,0018)")) == plain_tokens(data_set())) << piece;
  }
}

TEST(Deflated, a_wrapper_around_it_and_padding_behind_it_are_passed_over) {
  for (const std::string& compressed :
       {test::deflated(data_set(), 15), test::deflated(data_set()) + std::string(1, '\0'),
        test::deflated(data_set() + std::string(600, '\0'))}) {
    const std::string tokens = tokens_of(deflated_file(compressed));
    EXPECT_TRUE(tokens.substr(tokens.find("(0008,0018)")) == plain_tokens(data_set()));
  }
}

TEST(Deflated, its_bytes_pass_by_in_order_and_their_places_are_those_of_the_tokens) {
  struct Watch final : TokenSink {
    std::string bytes;
    std::uint64_t start = 0;
    Status on_inflated(std::uint64_t offset, ByteView part) override {
      start = bytes.empty() ? offset : start;
      EXPECT_EQ(offset, start + bytes.size());
      bytes += as_text(part);
      return {};
    }
  } watch;
  EXPECT_TRUE(test::parse_in_pieces(deflated_file(test::deflated(data_set())).view(), 100, watch).ok());
  EXPECT_EQ(watch.start, kBigStart + 2);
  EXPECT_TRUE(watch.bytes == data_set());
}

Status failure_of(const DicomBytes& file, ParserLimits limits = {}) {
  TokenLog log;
  return test::parse_in_pieces(file.view(), 1000, log, limits);
}

TEST(Deflated, what_is_cut_or_damaged_is_told_at_its_byte) {
  const std::string whole = test::deflated(data_set());
  const Status cut = failure_of(deflated_file(whole.substr(0, whole.size() - 3)));
  EXPECT_THAT(std::string(cut.message()),
              HasSubstr("inflate data set: the file ends inside the deflated bytes, behind byte"));
  const Status damaged = failure_of(deflated_file(whole.substr(0, 60) + std::string(20, '\xFF')));
  EXPECT_EQ(damaged.code(), Code::Corrupt);
  const Status wrong = failure_of(deflated_file(test::deflated(data_set() + "more than a data set")));
  EXPECT_THAT(std::string(wrong.message()), HasSubstr("read inflated data set: "));
  EXPECT_THAT(std::string(failure_of(deflated_file("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")).message()),
              HasSubstr("the deflated bytes are damaged behind byte 0"));
}

TEST(Deflated, a_size_or_ratio_beyond_the_limits_is_refused) {
  const DicomBytes file = deflated_file(test::deflated(data_set()));
  const Status large = failure_of(file, {.inflated_bytes = 100'000});
  EXPECT_EQ(large.code(), Code::TooLarge);
  EXPECT_THAT(std::string(large.message()), HasSubstr("more than the 100000 bytes allowed"));
  const Status dense = failure_of(file, {.inflated_ratio = 100, .inflated_free = 10'000});
  EXPECT_EQ(dense.code(), Code::TooLarge);
  EXPECT_THAT(std::string(dense.message()), HasSubstr("more than 100 bytes came of each byte"));
  EXPECT_TRUE(failure_of(file, {.inflated_ratio = 100, .inflated_free = 10'000'000}).ok());
}

}  // namespace
}  // namespace tessera::dicom
