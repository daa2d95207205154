#include <gtest/gtest.h>

#include "dicom/json.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

using Strings = std::vector<std::string>;

TEST(Elements, come_out_sorted_and_typed) {
  Elements item;
  item.text(tags::kReferencedSOPInstanceUID, Vr::UI, "1.2");
  Elements all;
  all.sequence(tags::kReferencedSOPSequence, {item, Elements()});
  all.number(tags::kRows, Vr::US, 512);
  all.text(tags::kPatientName, Vr::PN, "A=B");
  all.texts(tags::kModalitiesInStudy, Vr::CS, {"SM", "", "SR"});
  all.text(tags::kStudyDescription, Vr::LO, "");
  all.sequence(tags::kFailedSOPSequence, {});
  all.raw(tags::kStudyDate, R"({"vr":"DA","Value":["20240101"]})");
  EXPECT_EQ(all.to_json(),
            R"({"00080020":{"vr":"DA","Value":["20240101"]},"00080061":{"vr":"CS","Value":["SM",null,"SR"]},)"
            R"("00081030":{"vr":"LO"},"00081198":{"vr":"SQ"},)"
            R"("00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}},{}]},)"
            R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"A","Ideographic":"B"}]},)"
            R"("00280010":{"vr":"US","Value":[512]}})");
  EXPECT_TRUE(all.has(tags::kRows));
  EXPECT_FALSE(all.has(tags::kColumns));
}

TEST(Elements, a_tag_set_twice_holds_the_last) {
  Elements all;
  EXPECT_TRUE(all.empty());
  all.number(tags::kRows, Vr::US, 1);
  all.number(tags::kRows, Vr::US, 2);
  EXPECT_EQ(all.to_json(), R"({"00280010":{"vr":"US","Value":[2]}})");
  EXPECT_EQ(Elements().to_json(), "{}");
}

TEST(SplitMembers, gives_back_what_elements_wrote) {
  Elements all;
  all.text(tags::kPatientID, Vr::LO, "tricky \"}],{[\\");
  all.sequence(tags::kReferencedSOPSequence, {all, all});
  const std::string json = all.to_json();
  const auto members = split_members(json);
  ASSERT_TRUE(members.ok()) << members.status().message();
  ASSERT_EQ(members->size(), 2U);
  EXPECT_EQ((*members)[0].first, tags::kReferencedSOPSequence);
  EXPECT_EQ((*members)[1].second, R"({"vr":"LO","Value":["tricky \"}],{[\\"]})");
  EXPECT_EQ(member_strings((*members)[1].second), Strings{"tricky \"}],{[\\"});
  EXPECT_TRUE(split_members("{}")->empty());
}

TEST(SplitMembers, says_where_text_is_malformed) {
  for (const std::string_view bad :
       {"", "{", "[]", "{}x", "{\"00280010\"}", "{\"00280010\":", "{\"00280010\":{", "{\"00280010\":{\"a\":\"}",
        "{\"rows\":{}}", "{\"00280010\":{}\"00280011\":{}}", "{\"00280010\":}", "{\"\\"}) {
    const auto members = split_members(bad);
    EXPECT_EQ(members.status().code(), Code::Corrupt) << bad;
  }
  const auto cut = split_members(R"({"00280010":{"vr":"US"},!})");
  EXPECT_NE(cut.status().message().find("byte 24"), std::string_view::npos) << cut.status().message();
}

TEST(MemberStrings, keeps_positions_and_unescapes) {
  EXPECT_EQ(member_strings(R"({"vr":"CS","Value":["a",null,"b"]})"), (Strings{"a", "", "b"}));
  EXPECT_EQ(member_strings(R"({"vr":"DS","Value":[1.50,"x"]})"), (Strings{"1.50", "x"}));
  EXPECT_EQ(member_strings(R"({"vr":"PN","Value":[{"Alphabetic":"A^B","Ideographic":"C"},{"Phonetic":"P"}]})"),
            (Strings{"A^B", ""}));
  EXPECT_EQ(member_strings(R"({"vr":"LO","Value":["\u00e9\ud83d\ude00\n\/\ud800x"]})"), (Strings{"é😀\n/\uFFFDx"}));
  EXPECT_EQ(member_strings(R"({"vr":"LO"})"), Strings{});
  EXPECT_EQ(member_strings(R"({"vr":"LO","Value":["a")"), Strings{}) << "cut short: no member Value to be found";
}

TEST(AppendJsonString, replaces_bytes_that_are_no_utf8) {
  std::string out;
  append_json_string(out, "a\xff\x7f\u20AC");
  EXPECT_EQ(out, "\"a\uFFFD\x7f\u20AC\"");
}

}  // namespace
}  // namespace tessera::dicom
