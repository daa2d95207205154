#include <gtest/gtest.h>

#include <limits>

#include "dicom/json.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

class StringOutput final : public JsonOutput {
 public:
  Status text(std::string_view piece) override {
    json += piece;
    largest_piece = std::max(largest_piece, piece.size());
    return {};
  }
  Status bulk(const BulkValue& value) override {
    json += "base/" + value.tag_path;
    bulks.push_back(value);
    return {};
  }
  std::string json;
  std::vector<BulkValue> bulks;
  std::size_t largest_piece = 0;
};

// Tokens by hand, and what the writer makes of them.
struct Writing {
  explicit Writing(JsonOptions options = {}) : writer(output, std::move(options)) {}

  void value(std::uint32_t tag, Vr vr, std::string_view bytes) {
    ElementHeader element{Tag(tag), vr, static_cast<std::uint32_t>(bytes.size()), 0, 1000, 0};
    EXPECT_TRUE(writer.on_value(element, as_bytes(bytes)).ok());
  }
  template <class T>
  void numbers(std::uint32_t tag, Vr vr, const std::vector<T>& values) {
    value(tag, vr, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
  }
  void large(std::uint32_t tag, Vr vr, std::uint32_t length) {
    EXPECT_TRUE(writer.on_large_value_begin({Tag(tag), vr, length, 0, 5000, 0}).ok());
    EXPECT_TRUE(writer.on_large_value_end({Tag(tag), vr, length, 0, 5000, 0}).ok());
  }
  void sequence(std::uint32_t tag) { EXPECT_TRUE(writer.on_sequence_begin({Tag(tag), Vr::SQ, 0, 0, 0, 0}).ok()); }
  void item() { EXPECT_TRUE(writer.on_item_begin().ok()); }
  void end_item() { EXPECT_TRUE(writer.on_item_end().ok()); }
  void end_sequence() { EXPECT_TRUE(writer.on_sequence_end().ok()); }
  std::string finish() {
    EXPECT_TRUE(writer.finish().ok());
    return output.json;
  }

  StringOutput output;
  JsonWriter writer;
};

// The JSON of one element alone.
std::string one(Vr vr, std::string_view bytes) {
  Writing writing;
  writing.value(0x00100010, vr, bytes);
  const std::string json = writing.finish();
  constexpr std::string_view kBefore = "{\"00100010\":";
  return json.substr(kBefore.size(), json.size() - kBefore.size() - 1);
}

template <class T>
std::string one_number(Vr vr, const std::vector<T>& values) {
  return one(vr, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
}

TEST(JsonWriter, an_empty_data_set_is_an_empty_object) {
  EXPECT_EQ(Writing().finish(), "{}");
}

TEST(JsonWriter, text_values_are_split_trimmed_and_escaped) {
  EXPECT_EQ(one(Vr::CS, "ORIGINAL\\PRIMARY "), R"({"vr":"CS","Value":["ORIGINAL","PRIMARY"]})");
  EXPECT_EQ(one(Vr::UI, std::string_view("1.2.3\0", 6)), R"({"vr":"UI","Value":["1.2.3"]})");
  EXPECT_EQ(one(Vr::LT, " a\\\"b\"\r\n\x01"), R"({"vr":"LT","Value":[" a\\\"b\"\r\n\u0001"]})");
}

TEST(JsonWriter, empty_values_have_no_value_member_and_gaps_are_null) {
  EXPECT_EQ(one(Vr::LO, ""), R"({"vr":"LO"})");
  EXPECT_EQ(one(Vr::LO, "  "), R"({"vr":"LO"})");
  EXPECT_EQ(one(Vr::LO, "a\\\\b\\"), R"({"vr":"LO","Value":["a",null,"b",null]})");
  EXPECT_EQ(one(Vr::US, ""), R"({"vr":"US"})");
  EXPECT_EQ(one(Vr::OB, ""), R"({"vr":"OB"})");
}

TEST(JsonWriter, names_are_objects_of_their_groups) {
  EXPECT_EQ(one(Vr::PN, "A^B=C^D=E^F"),
            R"({"vr":"PN","Value":[{"Alphabetic":"A^B","Ideographic":"C^D","Phonetic":"E^F"}]})");
  EXPECT_EQ(one(Vr::PN, "A ==E"), R"({"vr":"PN","Value":[{"Alphabetic":"A","Phonetic":"E"}]})");
  EXPECT_EQ(one(Vr::PN, "=C\\\\B"), R"({"vr":"PN","Value":[{"Ideographic":"C"},null,{"Alphabetic":"B"}]})");
}

TEST(JsonWriter, decimal_strings_are_numbers_digit_for_digit_or_else_strings) {
  EXPECT_EQ(one(Vr::DS, "1.50\\-.5\\+7.\\007\\1E+05\\1e-3"), R"({"vr":"DS","Value":[1.50,-0.5,7,7,1e05,1e-3]})");
  EXPECT_EQ(one(Vr::DS, "0.30000000000000004"), R"({"vr":"DS","Value":[0.30000000000000004]})");
  EXPECT_EQ(one(Vr::DS, "abc\\1,5\\.\\1e\\1e999\\NaN"), R"({"vr":"DS","Value":["abc","1,5",".","1e","1e999","NaN"]})");
  EXPECT_EQ(one(Vr::IS, "+12\\-0\\1 2"), R"({"vr":"IS","Value":[12,-0,"1 2"]})");
}

TEST(JsonWriter, binary_numbers_are_written_as_the_double_or_integer_they_are) {
  EXPECT_EQ(one_number<std::uint16_t>(Vr::US, {0, 65535}), R"({"vr":"US","Value":[0,65535]})");
  EXPECT_EQ(one_number<std::int16_t>(Vr::SS, {-32768}), R"({"vr":"SS","Value":[-32768]})");
  EXPECT_EQ(one_number<std::uint32_t>(Vr::UL, {4294967295U}), R"({"vr":"UL","Value":[4294967295]})");
  EXPECT_EQ(one_number<std::int32_t>(Vr::SL, {-5}), R"({"vr":"SL","Value":[-5]})");
  EXPECT_EQ(one_number<float>(Vr::FL, {0.1F, 1e20F, 2.5F}),
            R"({"vr":"FL","Value":[0.10000000149011612,100000002004087734272,2.5]})");
  EXPECT_EQ(one_number<double>(Vr::FD, {0.1, 1.0 / 3}), R"({"vr":"FD","Value":[0.1,0.3333333333333333]})");
  EXPECT_EQ(one_number<std::uint16_t>(Vr::AT, {0x0028, 0x00FA}), R"({"vr":"AT","Value":["002800FA"]})");
}

TEST(JsonWriter, what_json_numbers_cannot_say_becomes_a_string) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(one_number<double>(Vr::FD, {std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity}),
            R"({"vr":"FD","Value":["NaN","Infinity","-Infinity"]})");
  EXPECT_EQ(one_number<std::uint64_t>(Vr::UV, {9007199254740991U, 9007199254740992U}),
            R"({"vr":"UV","Value":[9007199254740991,"9007199254740992"]})");
  EXPECT_EQ(one_number<std::int64_t>(Vr::SV, {-9007199254740992, -1}),
            R"({"vr":"SV","Value":["-9007199254740992",-1]})");
}

TEST(JsonWriter, a_number_of_odd_length_is_cut_with_a_warning) {
  Writing writing;
  writing.value(0x00280010, Vr::US, std::string_view("\1\0\2", 3));
  writing.value(0x00280011, Vr::US, "\1");
  EXPECT_EQ(writing.finish(), R"({"00280010":{"vr":"US","Value":[1]},"00280011":{"vr":"US"}})");
  EXPECT_EQ(writing.writer.warnings(), 2U);
}

TEST(JsonWriter, short_binary_is_inline_and_long_binary_has_a_uri) {
  EXPECT_EQ(one(Vr::OB, "M"), R"({"vr":"OB","InlineBinary":"TQ=="})");
  EXPECT_EQ(one(Vr::UN, "Ma"), R"({"vr":"UN","InlineBinary":"TWE="})");
  EXPECT_EQ(one(Vr::OW, "Man\xff"), R"({"vr":"OW","InlineBinary":"TWFu/w=="})");
  Writing writing;
  writing.value(0x00282000, Vr::OB, std::string(1025, 'x'));
  EXPECT_EQ(writing.finish(), R"({"00282000":{"vr":"OB","BulkDataURI":"base/00282000"}})");
  EXPECT_EQ(writing.output.bulks.at(0).range, (ByteRange{1000, 1025}));
}

TEST(JsonWriter, a_large_value_of_any_vr_has_a_uri) {
  Writing writing;
  writing.large(0x0040A160, Vr::UT, 70000);
  EXPECT_EQ(writing.finish(), R"({"0040A160":{"vr":"UT","BulkDataURI":"base/0040A160"}})");
  EXPECT_EQ(writing.output.bulks.at(0).range, (ByteRange{5000, 70000}));
}

TEST(JsonWriter, sequences_nest_and_empty_items_are_empty_objects) {
  Writing writing;
  writing.sequence(0x00400560);
  writing.item();
  writing.value(0x00400551, Vr::LO, "S1");
  writing.sequence(0x00400610);
  writing.end_sequence();
  writing.value(0x00400600, Vr::LO, "short");
  writing.end_item();
  writing.item();
  writing.end_item();
  writing.end_sequence();
  writing.value(0x00480006, Vr::UL, std::string_view("\1\0\0\0", 4));
  EXPECT_EQ(writing.finish(),
            R"({"00400560":{"vr":"SQ","Value":[{"00400551":{"vr":"LO","Value":["S1"]},"00400610":{"vr":"SQ"},)"
            R"("00400600":{"vr":"LO","Value":["short"]}},{}]},"00480006":{"vr":"UL","Value":[1]}})");
}

TEST(JsonWriter, the_path_of_a_bulk_value_names_items_from_zero) {
  Writing writing;
  writing.sequence(0x00480105);
  writing.item();
  writing.end_item();
  writing.item();
  writing.sequence(0x00480108);
  writing.item();
  writing.large(0x00282000, Vr::OB, 100000);
  writing.end_item();
  writing.end_sequence();
  writing.end_item();
  writing.end_sequence();
  writing.finish();
  EXPECT_EQ(writing.output.bulks.at(0).tag_path, "00480105/1/00480108/0/00282000");
}

TEST(JsonWriter, text_follows_the_character_set_of_its_level) {
  Writing writing;
  writing.value(0x00080005, Vr::CS, "ISO_IR 144");
  writing.sequence(0x00081032);
  writing.item();
  writing.value(0x00080104, Vr::LO, "\xbb");
  writing.end_item();
  writing.item();
  writing.value(0x00080005, Vr::CS, "ISO_IR 100");
  writing.value(0x00080104, Vr::LO, "\xbb");
  writing.end_item();
  writing.end_sequence();
  writing.value(0x00100020, Vr::LO, "\xbb");
  EXPECT_EQ(writing.finish(),
            R"({"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00081032":{"vr":"SQ","Value":[)"
            R"({"00080104":{"vr":"LO","Value":["Л"]}},)"
            R"({"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080104":{"vr":"LO","Value":["»"]}}]},)"
            R"("00100020":{"vr":"LO","Value":["Л"]}})");
  EXPECT_EQ(writing.writer.warnings(), 0U);
}

TEST(JsonWriter, undecodable_bytes_are_warnings_even_in_items) {
  Writing writing;
  writing.sequence(0x00081032);
  writing.item();
  writing.value(0x00080005, Vr::CS, "ISO_IR 192");
  writing.value(0x00080104, Vr::LO, "\xff\xfe");
  writing.end_item();
  writing.end_sequence();
  writing.finish();
  EXPECT_EQ(writing.writer.warnings(), 2U);
}

TEST(JsonWriter, pixel_data_group_lengths_and_file_meta_are_left_out) {
  Writing writing;
  writing.value(0x00020010, Vr::UI, "1.2.840.10008.1.2.1");
  writing.value(0x00080000, Vr::UL, std::string_view("\1\0\0\0", 4));
  writing.sequence(0x00880200);
  writing.item();
  writing.value(0x00280000, Vr::UL, std::string_view("\1\0\0\0", 4));
  writing.value(0x7FE00010, Vr::OB, "icon");
  writing.end_item();
  writing.end_sequence();
  writing.value(0x7FE00010, Vr::OB, "pixels");
  EXPECT_EQ(writing.finish(),
            R"({"00880200":{"vr":"SQ","Value":[{"7FE00010":{"vr":"OB","InlineBinary":"aWNvbg=="}}]}})");
}

TEST(JsonWriter, a_filter_decides_for_whole_top_level_members) {
  JsonOptions options;
  options.wanted = [](Tag tag) { return tag == Tag(0x00020010) || tag == Tag(0x7FE00010); };
  Writing writing(options);
  writing.value(0x00020010, Vr::UI, "1.2");
  writing.sequence(0x00081032);
  writing.item();
  writing.value(0x7FE00010, Vr::OB, "icon");
  writing.sequence(0x00081032);
  writing.end_sequence();
  writing.end_item();
  writing.end_sequence();
  EXPECT_TRUE(writing.writer.on_fragments_begin({tags::kPixelData, Vr::OB, kUndefinedLength, 0, 0, 0}).ok());
  EXPECT_TRUE(writing.writer.on_fragments_end(99).ok());
  EXPECT_EQ(writing.finish(),
            R"({"00020010":{"vr":"UI","Value":["1.2"]},"7FE00010":{"vr":"OB","BulkDataURI":"base/7FE00010"}})");
  EXPECT_EQ(writing.output.bulks.at(0).range, ByteRange{});
}

TEST(JsonWriter, fragments_in_an_item_are_bulk_data_with_their_range) {
  Writing writing;
  writing.sequence(0x00880200);
  writing.item();
  EXPECT_TRUE(writing.writer.on_fragments_begin({tags::kPixelData, Vr::OB, kUndefinedLength, 88, 100, 1}).ok());
  EXPECT_TRUE(writing.writer.on_fragments_end(300).ok());
  writing.end_item();
  writing.end_sequence();
  writing.finish();
  EXPECT_EQ(writing.output.bulks.at(0).range, (ByteRange{100, 200}));
}

TEST(JsonWriter, skip_bulk_leaves_binary_and_large_values_out_at_any_level) {
  JsonOptions options;
  options.skip_bulk = true;
  Writing writing(options);
  writing.value(0x00091001, Vr::UN, "abc");
  writing.sequence(0x00480105);
  writing.item();
  writing.value(0x00282000, Vr::OB, std::string(2000, 'x'));
  writing.value(0x00480106, Vr::SH, "1");
  writing.end_item();
  writing.end_sequence();
  writing.large(0x0040A160, Vr::UT, 70000);
  EXPECT_EQ(writing.finish(), R"({"00480105":{"vr":"SQ","Value":[{"00480106":{"vr":"SH","Value":["1"]}}]}})");
}

TEST(JsonWriter, members_that_would_pass_the_limit_are_dropped_whole) {
  JsonOptions options;
  options.max_bytes = 120;
  Writing writing(options);
  writing.value(0x00080060, Vr::CS, "SM");
  writing.sequence(0x52009230);
  for (int i = 0; i < 1000; ++i) {
    writing.item();
    writing.value(0x00480106, Vr::SH, "1");
    writing.large(0x00282000, Vr::OB, 100000);
    writing.end_item();
  }
  writing.end_sequence();
  writing.large(0x00282000, Vr::OB, 100000);
  EXPECT_EQ(writing.finish(),
            R"({"00080060":{"vr":"CS","Value":["SM"]},"00282000":{"vr":"OB","BulkDataURI":"base/00282000"}})");
  EXPECT_EQ(writing.output.bulks.size(), 1U);
}

TEST(JsonWriter, the_limit_is_met_to_the_byte) {
  const std::string expected = R"({"00080060":{"vr":"CS","Value":["SM"]}})";
  for (const std::uint64_t limit : {expected.size(), expected.size() - 1}) {
    JsonOptions options;
    options.max_bytes = limit;
    Writing writing(options);
    writing.value(0x00080060, Vr::CS, "SM");
    EXPECT_EQ(writing.finish(), limit == expected.size() ? expected : "{}");
  }
}

TEST(JsonWriter, a_long_sequence_leaves_in_pieces) {
  Writing writing;
  writing.sequence(0x52009230);
  for (int i = 0; i < 100000; ++i) {
    writing.item();
    writing.value(0x00480106, Vr::SH, "1");
    writing.end_item();
  }
  writing.end_sequence();
  EXPECT_GT(writing.finish().size(), 3'900'000U);
  EXPECT_LT(writing.output.largest_piece, 40'000U);
}

TEST(JsonWriter, a_refusing_output_ends_the_writing) {
  class Full final : public JsonOutput {
    Status text(std::string_view) override { return Status(Code::NoSpace, "write metadata: disk full"); }
    Status bulk(const BulkValue&) override { return {}; }
  } full;
  JsonWriter writer(full, {});
  EXPECT_EQ(writer.finish().code(), Code::NoSpace);
}

}  // namespace
}  // namespace tessera::dicom
