// The room's tables: tags, VRs, identities, transfer syntaxes, dictionary.
#include <gmock/gmock.h>

#include <set>

#include "dicom/dictionary.h"
#include "dicom/ids.h"
#include "dicom/tag.h"
#include "dicom/tags.h"
#include "dicom/token.h"
#include "dicom/transfer_syntax.h"
#include "dicom/vr.h"

namespace tessera::dicom {
namespace {

TEST(Tag, hex_and_text_go_out_in_capitals) {
  EXPECT_EQ(Tag(0x0040, 0xa170).hex(), "0040A170");
  EXPECT_EQ(tags::kRows.text(), "(0028,0010)");
}

TEST(Tag, any_case_of_eight_hex_digits_comes_in) {
  EXPECT_EQ(*parse_tag("7fe00010"), tags::kPixelData);
  EXPECT_EQ(*parse_tag("7FE00010"), tags::kPixelData);
  for (const char* bad : {"", "7FE0001", "7FE000100", "7FE0001G", "-FE00010", "+FE00010", "0x280010", " 0280010"}) {
    EXPECT_EQ(parse_tag(bad).status().code(), Code::InvalidArgument) << bad;
  }
}

TEST(Vr, names_are_found_and_only_those) {
  EXPECT_EQ(parse_vr('O', 'W'), Vr::OW);
  EXPECT_EQ(vr_name(Vr::UV), "UV");
  EXPECT_FALSE(parse_vr('Z', 'Z'));
  EXPECT_FALSE(parse_vr('o', 'w'));
  EXPECT_FALSE(parse_vr('\0', '\xFF'));
}

TEST(Vr, every_name_parses_back_to_its_row) {
  for (int i = 0; i <= static_cast<int>(Vr::UV); ++i) {
    const Vr vr = static_cast<Vr>(i);
    EXPECT_EQ(parse_vr(vr_row(vr).name[0], vr_row(vr).name[1]), vr);
  }
}

TEST(Uid, the_contract_decides_what_is_valid) {
  for (const char* good : {"1", "1.2.840.10008.1.2", "2.25.00012", "1.2.3 "}) {
    EXPECT_TRUE(is_valid_uid(good)) << good;
  }
  EXPECT_TRUE(is_valid_uid(std::string_view("1.2.3\0", 6)));
  EXPECT_TRUE(is_valid_uid(std::string(64, '1')));
  EXPECT_FALSE(is_valid_uid(std::string(65, '1')));
  for (const char* bad : {"", " ", "1.2.", "1.2.a", "1,2", "../etc", "1.2 3", "1.2%00"}) {
    EXPECT_FALSE(is_valid_uid(bad)) << bad;
  }
}

TEST(Uid, a_seed_gives_the_same_uid_on_any_machine) {
  // The first 16 bytes of SHA-256("tessera") with version 8 and the variant stamped in, computed with
  // Python's uuid.
  EXPECT_EQ(uid_from_seed("tessera"), "2.25.62632158425398629328890846730277186336");
  EXPECT_NE(uid_from_seed("a"), uid_from_seed("b"));
  EXPECT_TRUE(is_valid_uid(uid_from_seed("")));
}

TEST(Uid, random_uids_are_valid_and_differ) {
  const std::string one = random_uid();
  EXPECT_TRUE(is_valid_uid(one)) << one;
  EXPECT_EQ(one.substr(0, 5), "2.25.");
  EXPECT_NE(one, random_uid());
}

TEST(TransferSyntaxes, uids_are_unique_and_well_formed) {
  std::set<std::string_view> seen;
  for (const TransferSyntax& row : transfer_syntaxes()) {
    EXPECT_TRUE(is_valid_uid(row.uid)) << row.uid;
    EXPECT_TRUE(seen.insert(row.uid).second) << row.uid;
    EXPECT_EQ(find_transfer_syntax(row.uid), &row);
    EXPECT_FALSE(row.encapsulated && !row.explicit_vr) << row.uid;
  }
  EXPECT_EQ(find_transfer_syntax("1.2.840.10008.1.2.4"), nullptr);
  EXPECT_EQ(find_transfer_syntax(""), nullptr);
}

TEST(TransferSyntaxes, media_types_are_those_of_ps3_18) {
  EXPECT_EQ(find_transfer_syntax(kJpegBaseline)->frame_media_type, "image/jpeg");
  EXPECT_EQ(find_transfer_syntax(kExplicitLittleEndian)->frame_media_type, "application/octet-stream");
  EXPECT_EQ(find_transfer_syntax("1.2.840.10008.1.2.4.202")->frame_media_type, "image/jphc");
  EXPECT_TRUE(find_transfer_syntax("1.2.840.10008.1.2.4.91")->lossy_possible);
  EXPECT_FALSE(find_transfer_syntax("1.2.840.10008.1.2.4.90")->lossy_possible);
}

struct Expected {
  std::uint32_t tag;
  Vr vr;
  std::string_view keyword;
  bool multi_valued;
};

// Cross-checked with pydicom's dictionary.
TEST(Dictionary, knows_tag_vr_keyword_and_multiplicity) {
  for (const Expected& want : {
           Expected{0x00080018, Vr::UI, "SOPInstanceUID", false},
           Expected{0x00080008, Vr::CS, "ImageType", true},
           Expected{0x00100010, Vr::PN, "PatientName", false},
           Expected{0x00280030, Vr::DS, "PixelSpacing", true},
           Expected{0x0040072A, Vr::DS, "XOffsetInSlideCoordinateSystem", false},
           Expected{0x00480006, Vr::UL, "TotalPixelMatrixColumns", false},
           Expected{0x52009230, Vr::SQ, "PerFrameFunctionalGroupsSequence", false},
           Expected{0x7FE00001, Vr::OV, "ExtendedOffsetTable", false},
           Expected{0x00080001, Vr::UL, "LengthToEnd", false},
       }) {
    const DictionaryRow* row = find_tag(Tag(want.tag));
    ASSERT_NE(row, nullptr) << want.keyword;
    EXPECT_EQ(row->vr, want.vr) << want.keyword;
    EXPECT_EQ(row->keyword, want.keyword);
    EXPECT_EQ(row->multi_valued, want.multi_valued) << want.keyword;
    EXPECT_EQ(find_keyword(want.keyword), row);
  }
}

TEST(Dictionary, repeating_groups_are_found_under_any_group) {
  EXPECT_EQ(find_tag(Tag(0x60023000))->keyword, "OverlayData");
  EXPECT_EQ(find_tag(Tag(0x50FE0010))->keyword, "NumberOfPoints");
  EXPECT_EQ(find_tag(Tag(0x00203142))->keyword, "SourceImageIDs");
  EXPECT_EQ(find_tag(Tag(0x7FE00010))->keyword, "PixelData");
}

TEST(Dictionary, says_nothing_of_private_and_unknown) {
  EXPECT_EQ(find_tag(Tag(0x00091001)), nullptr);
  EXPECT_EQ(find_tag(Tag(0x60010010)), nullptr);
  EXPECT_EQ(find_tag(Tag(0x00280FFF)), nullptr);
  EXPECT_EQ(find_keyword("patientname"), nullptr);
  EXPECT_EQ(find_keyword(""), nullptr);
}

TEST(Dictionary, implicit_vr_covers_what_the_table_cannot) {
  EXPECT_EQ(implicit_vr(Tag(0x00080000)), Vr::UL);
  EXPECT_EQ(implicit_vr(Tag(0x00090010)), Vr::LO);
  EXPECT_EQ(implicit_vr(Tag(0x00091010)), Vr::UN);
  EXPECT_EQ(implicit_vr(tags::kPixelData), Vr::OW);
  EXPECT_EQ(implicit_vr(Tag(0x00280106)), Vr::US);
}

class Counting final : public TokenSink {
 public:
  explicit Counting(Status answer) : answer_(std::move(answer)) {}
  int items = 0;
  Status on_item_begin() override {
    ++items;
    return answer_;
  }

 private:
  Status answer_;
};

TEST(TokenTee, hands_on_in_order_until_one_refuses) {
  Counting first({}), second(Status(Code::NoSpace, "full")), third({});
  TokenTee tee({&first, &second, &third});
  EXPECT_EQ(tee.on_item_begin().code(), Code::NoSpace);
  EXPECT_EQ(first.items, 1);
  EXPECT_EQ(second.items, 1);
  EXPECT_EQ(third.items, 0);
}

}  // namespace
}  // namespace tessera::dicom
