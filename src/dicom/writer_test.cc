#include "dicom/writer.h"

#include <gmock/gmock.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "dicom/ids.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"
#include "support/token_log.h"

namespace tessera::dicom {
namespace {

using ::testing::HasSubstr;

// The tokens of a file made of file meta information and `data`.
std::string tokens_of(const DataSet& data) {
  ByteBuffer file = encode_file_meta("1.2.3", "1.2.3.4", kExplicitLittleEndian);
  const ByteBuffer encoded = data.encode();
  file.insert(file.end(), encoded.begin(), encoded.end());
  test::TokenLog log;
  const Status status = test::parse_in_pieces(file, SIZE_MAX, log);
  EXPECT_TRUE(status.ok()) << status.message();
  return log.text;
}

std::string encoded(const DataSet& data) {
  const ByteBuffer bytes = data.encode();
  return std::string(as_text(bytes));
}

TEST(DataSet, text_is_padded_as_its_vr_wants) {
  DataSet data;
  data.text(tags::kSOPInstanceUID, Vr::UI, "1.2");
  data.text(tags::kModality, Vr::CS, "SMX");
  data.texts(tags::kImageType, Vr::CS, {"ORIGINAL", "PRIMARY"});
  data.bytes(tags::kICCProfile, Vr::OB, as_bytes("abc"));
  EXPECT_EQ(encoded(data), std::string("\x08\0\x08\0CS\x10\0ORIGINAL\\PRIMARY"
                                       "\x08\0\x18\0UI\4\0001.2\0"
                                       "\x08\0\x60\0CS\4\0SMX "
                                       "\x28\0\0\x20OB\0\0\4\0\0\0abc\0",
                                       24 + 12 + 12 + 16));
}

TEST(DataSet, is_written_in_ascending_order_whatever_the_calls) {
  DataSet data;
  data.u16(tags::kRows, 2);
  data.text(tags::kModality, Vr::CS, "XX");
  data.u16(tags::kRows, 513);
  EXPECT_EQ(encoded(data), std::string("\x08\0\x60\0CS\2\0XX\x28\0\x10\0US\2\0\1\2", 20));
  EXPECT_TRUE(data.has(tags::kRows));
  EXPECT_FALSE(data.has(tags::kColumns));
}

TEST(DataSet, nested_items_read_back) {
  DataSet inner;
  inner.f64(tags::kAcquisitionDuration, {1.0});
  DataSet item;
  item.sequence(tags::kPixelMeasuresSequence, {inner, DataSet()});
  DataSet data;
  data.sequence(tags::kSharedFunctionalGroupsSequence, {item});
  data.sequence(tags::kAcquisitionContextSequence, {});
  const std::string tokens = tokens_of(data);
  EXPECT_THAT(tokens, HasSubstr("sequence (0040,0555) SQ"));
  EXPECT_THAT(tokens, HasSubstr("d2 000000000000f03f\nitem end\nitem\nitem end\nsequence end\nitem end\nsequence end"));
}

TEST(DataSet, numbers_are_little_endian) {
  DataSet data;
  data.u32(tags::kTotalPixelMatrixColumns, 0x01020304);
  data.f32(Tag(0x00720076), {1.0F, -2.0F});
  EXPECT_EQ(encoded(data), std::string("\x48\0\6\0UL\4\0\4\3\2\1\x72\0\x76\0FL\x08\0\0\0\x80\x3F\0\0\0\xC0", 28));
}

TEST(DataSet, a_value_too_long_for_its_vr_is_written_as_un) {
  DataSet data;
  data.text(tags::kPatientID, Vr::LO, std::string(kHeldValue + 2, 'x'));
  data.text(tags::kModality, Vr::CS, "SM");
  EXPECT_TRUE(tokens_of(data).find("large (0010,0020) LO") != std::string::npos);
  EXPECT_EQ(encoded(data).substr(14, 2), "UN");
}

TEST(FileMeta, names_the_instance_and_its_maker) {
  const std::string tokens = tokens_of(DataSet());
  EXPECT_THAT(tokens, HasSubstr("\nvalue (0002,0001) OB @144 v156 +2 d0 0001"));
  EXPECT_THAT(tokens, HasSubstr("(0002,0013) SH"));
  const ByteBuffer file = encode_file_meta("1.2.3", "1.2.3.4", kJpegBaseline);
  EXPECT_EQ(load_le32(file.data() + 140), file.size() - 144) << "group length";
  const std::string text(as_text(file));
  EXPECT_THAT(text, HasSubstr(uid_from_seed("Tessera implementation class")));
  EXPECT_THAT(text, HasSubstr("TESSERA_0_1"));
  EXPECT_EQ(file.size() % 2, 0U);
}

TEST(FormatDs, short_numbers_stay_as_people_write_them) {
  EXPECT_EQ(format_ds(0.00024985), "0.00024985");
  EXPECT_EQ(format_ds(0), "0");
  EXPECT_EQ(format_ds(-0.0), "0");
  EXPECT_EQ(format_ds(40), "40");
  EXPECT_EQ(format_ds(-12.5), "-12.5");
  EXPECT_EQ(format_ds(1e-20), "1e-20");
  EXPECT_EQ(format_ds(NAN), "");
  EXPECT_EQ(format_ds(std::numeric_limits<double>::infinity()), "");
}

TEST(FormatDs, sixteen_characters_carry_as_much_as_they_can) {
  for (const double value : {0.1 + 0.2, -1.0 / 3, 2.0 / 3e5, 1e300 / 3, -1e-300 / 3, 123456789.123456789,
                             0.000499123456789, std::numeric_limits<double>::denorm_min()}) {
    const std::string text = format_ds(value);
    ASSERT_LE(text.size(), 16U) << text;
    double back = 0;
    ASSERT_EQ(std::from_chars(text.data(), text.data() + text.size(), back).ec, std::errc()) << text;
    EXPECT_NEAR(back / value, 1.0, 1e-8) << text;
  }
  EXPECT_EQ(format_ds(1.0 / 3), "0.33333333333333");
}

}  // namespace
}  // namespace tessera::dicom
