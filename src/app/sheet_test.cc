#include "app/sheet.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

convert::Labels labels_for(Sheet& sheet, const char* path, const std::string& barcode = "") {
  convert::Options options;
  if (!sheet.apply(path, barcode, options)) {
    options.labels.patient_name = "no row";
  }
  return options.labels;
}

Sheet parsed(std::string_view text, const convert::Options& defaults = {}) {
  auto sheet = Sheet::parse(text, defaults);
  EXPECT_TRUE(sheet.ok()) << sheet.status().message();
  return sheet.ok() ? std::move(*sheet) : Sheet();
}

std::string refusal(std::string_view text) {
  return std::string(Sheet::parse(text, {}).status().message());
}

TEST(Sheet, finds_a_slide_by_name_with_folders_then_name_then_stem_then_barcode) {
  Sheet sheet = parsed(
      "file,barcode,patient_id\n"
      "b/a.svs,,P1\n"
      "a.svs,,P2\n"
      "c,,P3\n"
      ",B7,P4\n");
  EXPECT_EQ(labels_for(sheet, "/x/b/a.svs").patient_id, "P1");
  EXPECT_EQ(labels_for(sheet, "/x/d/a.svs").patient_id, "P2");
  EXPECT_EQ(labels_for(sheet, "a.svs").patient_id, "P2");
  EXPECT_EQ(labels_for(sheet, "/x/c.tif").patient_id, "P3");
  EXPECT_EQ(labels_for(sheet, "d.svs", "B7").patient_id, "P4");
  EXPECT_EQ(labels_for(sheet, "B7.svs").patient_id, "P4");
  EXPECT_EQ(labels_for(sheet, "B7.svs", "B8").patient_name, "no row");
  EXPECT_TRUE(sheet.unused_lines().empty());
}

TEST(Sheet, says_when_a_file_s_row_is_found_for_a_second_slide) {
  Sheet sheet = parsed("file,barcode,patient_id\na.svs,,P1\n,B7,P2\n");
  convert::Options options;
  EXPECT_EQ(sheet.apply("c1/a.svs", "", options)->also, "");
  EXPECT_EQ(sheet.apply("c1/a.svs", "", options)->also, "") << "tried again";
  EXPECT_EQ(sheet.apply("c2/a.svs", "", options)->also, "c1/a.svs");
  EXPECT_EQ(sheet.apply("c2/a.svs", "", options)->line, 2u);
  EXPECT_EQ(sheet.apply("x.svs", "B7", options)->also, "");
  EXPECT_EQ(sheet.apply("y.svs", "B7", options)->also, "") << "a slide may be scanned twice";
}

TEST(Sheet, takes_what_spreadsheets_save) {
  for (const char* text : {"\xEF\xBB\xBF"
                           "file;Patient Name\r\na.svs;\"Doe^Jane\"\r\n",
                           "file,patient-name\na.svs,Doe^Jane", "file\tPATIENT_NAME\n\n\na.svs\t Doe^Jane \n\t\n"}) {
    Sheet sheet = parsed(text);
    EXPECT_EQ(labels_for(sheet, "a.svs").patient_name, "Doe^Jane") << text;
  }
  Sheet wide = parsed("  ;\r\nfile;mpp;;\r\na.svs;0,25;;\r\n ; ;;\r\n");
  convert::Options options;
  ASSERT_TRUE(wide.apply("a.svs", "", options));
  EXPECT_DOUBLE_EQ(options.mm_per_pixel, 0.00025);
  EXPECT_EQ(wide.size(), 1u);
  Sheet quoted = parsed("file,study_description\n\"a,b.svs\",\"say \"\"H\"\"\"\n");
  EXPECT_EQ(labels_for(quoted, "a,b.svs").study_description, "say \"H\"");
}

TEST(Sheet, cells_win_over_flags_and_empty_ones_do_not) {
  convert::Options flags;
  flags.labels.patient_id = "FLAG";
  flags.labels.stain = "FLAG";
  Sheet sheet = parsed("file,patient_id,stain,mpp\na.svs,,PAS,0.5\n", flags);
  convert::Options options = flags;
  ASSERT_TRUE(sheet.apply("a.svs", "", options));
  EXPECT_EQ(options.labels.patient_id, "FLAG");
  EXPECT_EQ(options.labels.stain, "PAS");
  EXPECT_DOUBLE_EQ(options.mm_per_pixel, 0.0005);
}

TEST(Sheet, a_case_is_one_patient_s) {
  Sheet sheet = parsed("file,accession_number,patient_id,patient_name\na,S1,P1,\nb,S1,,Doe\nc,S2,,\n");
  EXPECT_EQ(labels_for(sheet, "b").patient_id, "P1");
  EXPECT_EQ(labels_for(sheet, "a").patient_name, "Doe");
  EXPECT_EQ(labels_for(sheet, "c").patient_id, "");
  EXPECT_EQ(refusal("file,case_id,patient_id\na,S1,P1\nb,S1,P2\n"),
            "line 3: case 'S1' has patient_id 'P2' here and 'P1' on line 2");
  // b is P1's by its case, and so c has P1's name, and d, in c's case.
  Sheet chain = parsed("file,case_id,patient_id,patient_name\na,S1,P1,\nb,S1,,Doe\nc,S2,P1,\nd,S2,,\n");
  EXPECT_EQ(labels_for(chain, "c").patient_name, "Doe");
  EXPECT_EQ(labels_for(chain, "d").patient_name, "Doe");
  EXPECT_EQ(refusal("file,case_id,patient_id,patient_name\na,S1,P1,\nb,S1,,Doe\nc,S2,P1,\nd,S2,,Roe\n"),
            "line 4: patient 'P1' has patient_name 'Roe' here and 'Doe' on line 3");
  EXPECT_EQ(refusal("file,patient_id,patient_sex\na,P1,F\nb,P1,M\n"),
            "line 3: patient 'P1' has patient_sex 'M' here and 'F' on line 2");
}

TEST(Sheet, errors_name_the_line_and_the_column) {
  EXPECT_EQ(refusal(""), "it is empty: its first line must name the columns");
  EXPECT_EQ(refusal("file,pateint_id\n"), "line 1: there is no column 'pateint_id'; the nearest is 'patient_id'");
  EXPECT_EQ(refusal("file,stain,Stain\n"), "line 1: column 'stain' is there twice");
  EXPECT_EQ(refusal("stain\n"), "line 1: neither a column 'file' nor a column 'barcode'");
  EXPECT_EQ(refusal("file,stain\na,x\n\na,y\n"), "line 4: file 'a' is on line 2 already");
  EXPECT_EQ(refusal("barcode\nB\nB\n"), "line 3: barcode 'B' is on line 2 already");
  EXPECT_EQ(refusal("file,stain\n,x\n"), "line 2: neither 'file' nor 'barcode' says which slide it is about");
  EXPECT_EQ(refusal("file,patient_sex\na,female\n"), "line 2: patient sex: 'female' is none of M, F, O");
  EXPECT_EQ(refusal("file,mpp\na,-1\n"), "line 2, column mpp: '-1' is no number above 0 (micrometres per pixel)");
  EXPECT_EQ(refusal("file,mpp\na,\"1,000.5\"\n"),
            "line 2, column mpp: '1,000.5' is no number above 0 (micrometres per pixel)");
  EXPECT_EQ(refusal("file,,stain\na,b,\n"), "line 2: 'b' stands in column 2, which has no name");
  EXPECT_EQ(refusal("file\na,b\n"), "line 2 has more cells than there are columns (1)");
}

TEST(Sheet, damaged_text_is_told_with_its_line) {
  EXPECT_EQ(refusal("file\n\"a\n\n"), "line 2: a quoted cell begins here and never ends");
  EXPECT_EQ(refusal("file\n\"a\"b\n"), "line 2: text after the closing quote of a cell");
  EXPECT_EQ(refusal("file\n\na\"b\n"),
            "line 3: a quote inside a cell that does not begin with one (double it, and put the cell in quotes)");
  EXPECT_EQ(refusal("file\nM\xFCller.svs\n"), "line 2: it is not UTF-8 text (save it as \"CSV UTF-8\")");
  EXPECT_EQ(refusal(std::string_view("file\n\0\n", 7)), "line 2: it is not UTF-8 text (save it as \"CSV UTF-8\")");
}

TEST(Sheet, of_any_size_has_limits) {
  EXPECT_EQ(refusal("file" + std::string(40, ',') + "\n"), "line 1: it has more than 32 cells");
  EXPECT_EQ(refusal("file\n" + std::string(5000, 'a') + "\n"), "line 2: a cell is longer than 4096 bytes");
  std::string many = "file\n";
  for (int i = 0; i < 100'000; ++i) {
    many += std::to_string(i) + "\n";
  }
  EXPECT_EQ(refusal(many), "line 100001: more than 100000 rows");
  EXPECT_EQ(Sheet::parse(std::string(Sheet::kMaxBytes + 1, 'a'), {}).status().code(), Code::TooLarge);
}

}  // namespace
}  // namespace tessera::app
