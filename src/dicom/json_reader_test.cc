#include "dicom/json_reader.h"

#include <gtest/gtest.h>

namespace tessera::dicom {
namespace {

Result<std::vector<JsonInstance>> read(std::string_view text) {
  const BulkBytes nested = [](std::string_view uri) -> Result<ByteView> { return as_bytes(uri); };
  return read_dicom_json(text, nested);
}

std::string encoded(std::string_view element) {
  const auto instances = read("[{" + std::string(element) + "}]");
  EXPECT_TRUE(instances.ok()) << instances.status().message();
  if (!instances.ok()) {
    return "";
  }
  const ByteBuffer bytes = instances->front().data_set.encode_between(Tag(0x00080006), Tag(0xFFFFFFFF));
  return std::string(as_text(bytes));
}

using namespace std::string_literals;

TEST(JsonReader, values_are_written_as_their_vr_has_them) {
  EXPECT_EQ(encoded(R"("00280010":{"vr":"US","Value":[1,258]})"), "\x28\0\x10\0US\x04\0\x01\0\x02\x01"s);
  EXPECT_EQ(encoded(R"("00100020":{"Value":["a","b"],"vr":"LO"})"), "\x10\0\x20\0LO\x04\0a\\b "s) << "vr may come last";
  EXPECT_EQ(encoded(R"("00280009":{"vr":"AT","Value":["00181063"]})"), "\x28\0\x09\0AT\x04\0\x18\0\x63\x10"s);
  EXPECT_EQ(encoded(R"("00091001":{"vr":"OB","InlineBinary":"AQI="})"), "\x09\0\x01\x10OB\0\0\x02\0\0\0\x01\x02"s);
  EXPECT_EQ(encoded(R"("00200013":{"vr":"IS","Value":[7]})"), "\x20\0\x13\0IS\x02\0"s + "7 ");
  EXPECT_EQ(encoded(R"("00100010":{"vr":"PN","Value":[{"Ideographic":"x"}]})"), "\x10\0\x10\0PN\x02\0=x"s);
  EXPECT_EQ(encoded(R"("00480105":{"vr":"SQ","Value":[{"00282000":{"vr":"OB","BulkDataURI":"icc!"}}]})"),
            "\x48\0\x05\x01SQ\0\0\x18\0\0\0\xFE\xFF\0\xE0\x10\0\0\0\x28\0\0\x20OB\0\0\x04\0\0\0icc!"s);
}

TEST(JsonReader, what_says_how_the_file_is_written_is_not_part_of_it) {
  const auto instances = read(R"({"00020010":{"vr":"UI","Value":["1.2.840.10008.1.2.4.50"]},
    "00080005":{"vr":"CS","Value":["ISO_IR 100"]}, "00080000":{"vr":"UL","Value":[4]},
    "0020000D":{"vr":"UI","Value":["1.2"]}, "7FE00010":{"vr":"OB","BulkDataURI":"p"}, "00280008":{"vr":"IS","Value":["3"]}})");
  ASSERT_TRUE(instances.ok()) << instances.status().message();
  const JsonInstance& instance = instances->front();
  EXPECT_EQ(instance.transfer_syntax, "1.2.840.10008.1.2.4.50");
  EXPECT_EQ(instance.study, "1.2");
  EXPECT_EQ(instance.frames, 3u);
  ASSERT_EQ(instance.bulk.size(), 1u);
  EXPECT_EQ(instance.bulk[0].uri, "p");
  EXPECT_FALSE(instance.data_set.has(Tag(0x00020010)));
  EXPECT_FALSE(instance.data_set.has(Tag(0x7FE00010)));
  EXPECT_EQ(as_text(instance.data_set.encode_between(Tag(0), Tag(0x00080006))), "\x08\0\x05\0CS\x0a\0ISO_IR 192"s);
}

TEST(JsonReader, every_fault_names_byte_and_the_innermost_tag) {
  const struct {
    const char* json;
    const char* named;
  } cases[] = {
      {"", "byte 0"},
      {"[1]", "byte 1"},
      {"[{}] x", "behind the end"},
      {"{\"0010\":{}}", "'0010'"},
      {"{\"00100020\":{\"vr\":\"LO\",\"Value\":[true]}}", "(0010,0020)"},
      {"{\"00400275\":{\"vr\":\"SQ\",\"Value\":[{\"00280010\":{\"vr\":\"US\",\"Value\":[-1]}}]}}", "(0028,0010)"},
      {"{\"00280010\":{\"vr\":\"US\",\"Value\":[1e999]}}", "(0028,0010)"},
      {"{\"00100020\":{\"vr\":\"LO\",\"Value\":[\"\\ud800\"]}}", "surrogate"},
      {"{\"00100020\":{\"vr\":\"LO\",\"Value\":[01]}}", "(0010,0020)"},
      {"{\"7FE00010\":{\"vr\":\"OB\",\"BulkDataURI\":\"\"}}", "(7FE0,0010)"},
      {"{\"7FE00010\":{\"vr\":\"OB\",\"InlineBinary\":\"A===\"}}", "(7FE0,0010)"},
      {"{\"7FE00010\":{\"vr\":\"SQ\",\"BulkDataURI\":\"x\"}}", "(7FE0,0010)"}};
  for (const auto& [json, named] : cases) {
    const auto instances = read(json);
    ASSERT_FALSE(instances.ok()) << json;
    EXPECT_NE(instances.status().message().find(named), std::string_view::npos) << instances.status().message();
  }
}

TEST(JsonReader, depth_and_counts_are_bounded) {
  std::string deep;
  for (int i = 0; i < 40; ++i) {
    deep += "{\"00400275\":{\"vr\":\"SQ\",\"Value\":[";
  }
  EXPECT_EQ(read(deep).status().code(), Code::Corrupt);
  std::string closed = deep + "{}";
  for (int i = 0; i < 40; ++i) {
    closed += "]}}";
  }
  EXPECT_NE(read(closed).status().message().find("deep"), std::string_view::npos) << read(closed).status().message();
  std::string wide = "{";
  for (int i = 0; i < 5000; ++i) {
    char tag[40];
    std::snprintf(tag, sizeof tag, "%s\"0011%04X\":{\"vr\":\"LO\"}", i == 0 ? "" : ",", i + 0x1000);
    wide += tag;
  }
  EXPECT_NE(read(wide + "}").status().message().find("4096"), std::string_view::npos);
  std::string many = "[{}";
  for (int i = 0; i < 1000; ++i) {
    many += ",{}";
  }
  EXPECT_NE(read(many + "]").status().message().find("1000 instances"), std::string_view::npos);
}

}  // namespace
}  // namespace tessera::dicom
