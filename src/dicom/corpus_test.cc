// The parser against files of many makers, where the shared data folder lies beside the project; skipped
// elsewhere.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "dicom/parser.h"
#include "dicom/tags.h"
#include "support/token_log.h"

namespace tessera::dicom {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(TESSERA_SOURCE_DIR).parent_path() / "shared" / "data";
constexpr std::uint64_t kLargestFile = 64 * 1024 * 1024;

// What an independent reader counts too, group 0002 left out.
class Census final : public TokenSink {
 public:
  int top_level = 0;
  int all = 0;
  int items = 0;
  int fragments = 0;
  std::uint64_t pixel_data = 0;  // offset of the top-level element, 0 where there is none

  Status on_value(const ElementHeader& header, ByteView) override { return see(header); }
  Status on_large_value_begin(const ElementHeader& header) override { return see(header); }
  Status on_sequence_begin(const ElementHeader& header) override { return see(header); }
  Status on_fragments_begin(const ElementHeader& header) override { return see(header); }
  Status on_fragment_begin(const FragmentHeader&) override {
    ++fragments;
    return {};
  }
  Status on_item_begin() override {
    ++items;
    return {};
  }

 private:
  Status see(const ElementHeader& header) {
    if (header.tag.group() == 0x0002) {
      return {};
    }
    ++all;
    top_level += header.depth == 0 ? 1 : 0;
    if (header.depth == 0 && header.tag == tags::kPixelData) {
      pixel_data = header.offset;
    }
    return {};
  }
};

std::string bytes_of(const fs::path& path) {
  auto read = read_file(path, kLargestFile);
  EXPECT_TRUE(read.ok()) << read.status().message();
  return read.ok() ? *std::move(read) : std::string();
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  return files;
}

class Corpus : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(kData)) {
      GTEST_SKIP() << "no shared data folder beside the project";
    }
  }
};

TEST_F(Corpus, every_file_parses_or_fails_at_a_byte_however_it_is_cut) {
  int parsed = 0;
  for (const char* folder : {"dicom-wsi", "dicom-other", "derived", "malformed"}) {
    for (const fs::path& path : files_below(kData / folder)) {
      const std::string bytes = bytes_of(path);
      test::TokenLog whole;
      const Status status = test::parse_in_pieces(as_bytes(bytes), SIZE_MAX, whole);
      test::TokenLog cut;
      const Status cut_status = test::parse_in_pieces(as_bytes(bytes), 1021, cut);
      EXPECT_EQ(status.message(), cut_status.message()) << path;
      EXPECT_TRUE(whole.text == cut.text) << path;
      EXPECT_TRUE(status.ok() ? whole.open == 0 : status.message().find("byte") != std::string_view::npos)
          << path << ": " << status.message();
      parsed += status.ok() ? 1 : 0;
    }
  }
  EXPECT_GE(parsed, 290) << "files that were readable once are no longer";
}

struct Expected {
  const char* file;
  int top_level;
  int all;
  int items;
  std::uint64_t pixel_data;
  int fragments;
};

TEST_F(Corpus, counts_and_places_are_those_pydicom_reports) {
  for (const Expected& want : {
           Expected{"dicom-wsi/nema-FluorCell_4/2", 70, 139, 20, 194578, 2},
           Expected{"dicom-wsi/made/extended_offset_table.dcm", 66, 96, 11, 4852, 131},
           Expected{"dicom-wsi/made/tiled_sparse_shuffled.dcm", 66, 872, 302, 15498, 97},
           Expected{"dicom-wsi/highdicom__sm_image_control.dcm", 66, 295, 80, 9422, 0},
           Expected{"derived/highdicom__seg_image_ct_binary.dcm", 53, 163, 44, 4276, 0},
           Expected{"dicom-other/weasis-dicom-tools__jpeg2000-multiframe-multifragments.dcm", 98, 432, 90, 9392, 20},
       }) {
    const std::string bytes = bytes_of(kData / want.file);
    Census census;
    const Status status = test::parse_in_pieces(as_bytes(bytes), 65536, census);
    EXPECT_TRUE(status.ok()) << want.file << ": " << status.message();
    EXPECT_EQ(census.top_level, want.top_level) << want.file;
    EXPECT_EQ(census.all, want.all) << want.file;
    EXPECT_EQ(census.items, want.items) << want.file;
    EXPECT_EQ(census.pixel_data, want.pixel_data) << want.file;
    EXPECT_EQ(census.fragments, want.fragments) << want.file;
  }
}

struct Verdict {
  const char* file;
  Code code;
  const char* says;
};

TEST_F(Corpus, damaged_files_get_the_error_that_names_the_damage) {
  for (const Verdict& want : {
           Verdict{"wsi_truncated_in_header.dcm", Code::Corrupt, "(0020,000D) at byte 730"},
           Verdict{"wsi_truncated_in_item_header.dcm", Code::Corrupt, "(7FE0,0010) at byte 1544"},
           Verdict{"wsi_truncated_mid_frame.dcm", Code::Corrupt, "fragment 6 of (7FE0,0010) at byte 66954"},
           Verdict{"wsi_item_length_huge.dcm", Code::Corrupt, "fragment 1 of (7FE0,0010) at byte 1564"},
           Verdict{"wsi_no_sequence_delimiter.dcm", Code::Corrupt, "(7FE0,0010)"},
           Verdict{"wsi_length_overflow.dcm", Code::Corrupt, "no VR"},
           Verdict{"wsi_nested_5000.dcm", Code::TooLarge, "64 levels"},
           Verdict{"wsi_ts_unknown.dcm", Code::Ok, ""},
           Verdict{"wsi_empty.dcm", Code::Corrupt, "not a DICOM Part 10 file"},
           Verdict{"wsi_meta_group_length_wrong.dcm", Code::Ok, ""},
           Verdict{"wsi_tiff_dual_personality.dcm", Code::Ok, ""},
       }) {
    const std::string bytes = bytes_of(kData / "malformed" / "made" / want.file);
    Census census;
    const Status status = test::parse_in_pieces(as_bytes(bytes), 65536, census);
    EXPECT_EQ(status.code(), want.code) << want.file << ": " << status.message();
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(want.says)) << want.file;
  }
}

}  // namespace
}  // namespace tessera::dicom
