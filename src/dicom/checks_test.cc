// The checker as a library: test/e2e/test_check.py has a damaged file for each rule.
#include "dicom/checks.h"

#include <gtest/gtest.h>

#include <set>

#include "dicom/checks_offsets.h"
#include "dicom/checks_values.h"
#include "support/part10.h"

namespace tessera::dicom {
namespace {

FileVerdict check(const std::string& bytes, std::size_t piece) {
  FileCheck file;
  const ByteView all = as_bytes(bytes);
  for (std::size_t at = 0; at < all.size(); at += piece) {
    if (!file.feed(all.subspan(at, std::min(piece, all.size() - at)))) {
      break;
    }
  }
  return file.finish();
}

std::vector<std::string> told(const FileVerdict& verdict) {
  std::vector<std::string> told;
  for (const Finding& finding : verdict.findings.kept()) {
    told.push_back(std::string(rule_row(finding.rule).id) + " " + finding.tag.text() + " " + finding.what);
  }
  return told;
}

TEST(FileCheck, finds_the_same_however_the_bytes_are_cut) {
  test::Part10 slide;
  slide.image_type = "ORIGINAL\\PRIMARY\\VOLUME";
  const std::string bytes = slide.bytes();
  const FileVerdict whole = check(bytes, bytes.size());
  EXPECT_TRUE(whole.is_dicom && whole.is_slide);
  EXPECT_EQ(whole.findings.count(Rule::ImageType), 1U);
  EXPECT_GT(whole.findings.count(Rule::Missing), 20U);
  for (const std::size_t piece : {1, 7, 64}) {
    EXPECT_EQ(told(check(bytes, piece)), told(whole));
  }
}

TEST(FileCheck, of_a_file_cut_anywhere_says_only_where_it_ends_and_nothing_is_missing) {
  const std::string bytes = test::Part10{}.bytes();
  for (std::size_t size = 200; size < bytes.size(); size += 13) {
    const FileVerdict cut = check(bytes.substr(0, size), 50);
    // Between two elements a shorter file is a whole one.
    EXPECT_NE(cut.findings.count(Rule::Unreadable), cut.findings.count(Rule::NoPixels)) << size;
    EXPECT_EQ(cut.findings.count(Rule::FrameCount), 0U);
  }
}

TEST(FileCheck, knows_what_is_no_dicom) {
  EXPECT_FALSE(check("", 1).is_dicom);
  EXPECT_FALSE(check(std::string(131, '\0'), 10).is_dicom);
  EXPECT_FALSE(check(std::string(500, 'x'), 500).is_dicom);
}

TEST(FileCheck, keeps_the_first_findings_of_a_rule_and_the_count_of_all) {
  Findings findings;
  Findings more;
  for (int i = 0; i < 1000; ++i) {
    findings.add(Rule::PositionOutside, Tag(), std::nullopt, "one");
    more.add(Rule::PositionOutside, Tag(), std::nullopt, "one");
  }
  EXPECT_EQ(findings.kept().size(), kept_of(Rule::PositionOutside));
  findings.add_all(more);
  EXPECT_EQ(findings.kept().size(), kept_of(Rule::PositionOutside));
  EXPECT_EQ(findings.count(Rule::PositionOutside), 2000U);
  EXPECT_EQ(findings.count(Severity::Error), 2000U);
  EXPECT_EQ(findings.count(Severity::Warning), 0U);
}

TEST(Rules, have_one_id_each_and_a_reason) {
  std::set<std::string_view> ids;
  for (int i = 0; i <= static_cast<int>(Rule::SeriesShape); ++i) {
    const RuleRow& row = rule_row(static_cast<Rule>(i));
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    EXPECT_GT(row.why.size(), 10U) << row.id;
  }
}

TEST(Values, break_their_vr_or_do_not) {
  const struct {
    Vr vr;
    std::string value;
    bool fits;
  } cases[] = {
      {Vr::DA, "20240229", true},
      {Vr::DA, "20241301", false},
      {Vr::DA, "2024-2-9", false},
      {Vr::TM, "112233.5", true},
      {Vr::TM, "1122", true},
      {Vr::TM, "2460", false},
      {Vr::TM, "11.5", false},
      {Vr::DT, "20091229095915", true},
      {Vr::DT, "2009", true},
      {Vr::DT, "20091229095915.1+0100", true},
      {Vr::DT, "200912290", false},
      {Vr::DT, "2009+1", false},
      {Vr::DS, "-1.5e-3", true},
      {Vr::DS, "nan", false},
      {Vr::DS, "12345678901234567", false},
      {Vr::IS, "+12", true},
      {Vr::IS, "1.5", false},
      {Vr::IS, "99999999999", false},
      {Vr::UI, "1.2.3", true},
      {Vr::UI, "1.02", false},
      {Vr::UI, "1..2", false},
      {Vr::UI, std::string("1.2\0", 4), true},
      {Vr::CS, "ISO_IR 192", true},
      {Vr::CS, "lower", false},
      {Vr::AS, "045Y", true},
      {Vr::AS, "45Y", false},
      {Vr::SH, "0123456789abcdef ", true},
      {Vr::SH, "0123456789abcdefg", false},
      {Vr::LO, "a\\b", true},
      {Vr::US, "abc", false},
      {Vr::FD, "12345678", true},
      {Vr::UT, std::string(5000, 'x'), true},
      {Vr::CS, "A\\b", false},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(value_problem(row.vr, as_bytes(row.value)).empty(), row.fits) << vr_name(row.vr) << " " << row.value;
  }
}

// A table for more frames than are compared costs no more memory, and its length is still checked.
TEST(OffsetCheck, compares_the_first_entries_of_a_table_and_holds_no_more) {
  Findings findings;
  OffsetCheck check(findings);
  ElementHeader pixels;
  pixels.tag = Tag(0x7FE00010);
  pixels.length = kUndefinedLength;
  ASSERT_TRUE(check.on_fragments_begin(pixels).ok());
  const std::uint64_t entries = kComparedFrames + 10;
  const FragmentHeader table{0, static_cast<std::uint32_t>(entries * 4), 1000, 1008};
  ASSERT_TRUE(check.on_fragment_begin(table).ok());
  ByteBuffer offsets;
  for (std::uint64_t i = 0; i < entries; ++i) {
    append_le(offsets, static_cast<std::uint32_t>(i * 8));
  }
  ASSERT_TRUE(check.on_fragment_chunk(table, offsets).ok());
  for (std::uint64_t i = 0; i < entries; ++i) {
    ASSERT_TRUE(check.on_fragment_begin({static_cast<std::uint32_t>(i + 1), 0, 5000 + i * 8, 5008 + i * 8}).ok());
  }
  ASSERT_TRUE(check.on_fragments_end(0).ok());
  check.finish(entries + 1, true);
  EXPECT_EQ(findings.count(Rule::BasicOffsets), 1U);
  EXPECT_EQ(findings.count(Rule::FrameCount), 1U);
}

}  // namespace
}  // namespace tessera::dicom
