// JSON and frame table against files of many makers, where the shared data folder lies beside the project;
// skipped elsewhere.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "base/file.h"
#include "dicom/frame_boundaries.h"
#include "dicom/frame_table.h"
#include "dicom/json.h"
#include "dicom/parser.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace tessera::dicom {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(TESSERA_SOURCE_DIR).parent_path() / "shared" / "data";
constexpr std::uint64_t kLargestFile = 64 * 1024 * 1024;

// What ingest makes of a file, in one pass.
class Ingested final : public JsonOutput {
 public:
  Ingested(std::string_view file, std::size_t piece) {
    JsonWriter json(*this, {});
    FrameTableBuilder frames([this](ByteView bytes) {
      blocks.insert(blocks.end(), bytes.begin(), bytes.end());
      return Status();
    });
    TokenTee tee({&json, &frames});
    Parser parser(tee);
    for (std::size_t at = 0; at < file.size() && status.ok(); at += piece) {
      status = parser.feed(as_bytes(file.substr(at, piece)));
    }
    status = status.ok() ? parser.finish() : status;
    if (status.ok()) {
      status = json.finish();
      frame_status = take(frames.finish(file.size(), 0, file.size()));
      syntax = parser.transfer_syntax();
    }
  }

  Status text(std::string_view piece) override {
    metadata += piece;
    return {};
  }
  Status bulk(const BulkValue& value) override {
    metadata += value.tag_path;
    return {};
  }

  ByteRange first_fragment(std::uint32_t frame) const {
    ByteBuffer table(kFrameTableHeaderBytes);
    table.insert(table.end(), blocks.begin(), blocks.end());
    const ByteRange range = header.block_range(FrameIndex{frame});
    const auto block = FrameBlock::parse(header, FrameTableHeader::first_frame_of_block(FrameIndex{frame}),
                                         ByteView(table).subspan(range.offset, range.length));
    ByteRange extent;
    if (block.ok() && block->find(FrameIndex{frame}, extent)) {
      return extent;
    }
    const ByteRange rows = header.exceptions_range();
    const auto exceptions = FrameExceptions::parse(header, ByteView(table).subspan(rows.offset, rows.length));
    const auto found = exceptions.ok() ? exceptions->find(FrameIndex{frame}) : std::nullopt;
    return found ? found->fragments.front() : ByteRange{};
  }

  Status status;
  Status frame_status;
  std::string syntax;
  std::string metadata;
  FrameTableHeader header;
  ByteBuffer blocks;

 private:
  Status take(const Result<ByteBuffer>& bytes) {
    if (!bytes.ok()) {
      return bytes.status();
    }
    TRY_ASSIGN(header, FrameTableHeader::parse(*bytes));
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

class MetadataCorpus : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(kData)) {
      GTEST_SKIP() << "no shared data folder beside the project";
    }
  }
};

TEST_F(MetadataCorpus, json_and_frames_do_not_depend_on_how_a_file_is_cut) {
  int parsed = 0;
  for (const char* folder : {"dicom-wsi", "dicom-other", "derived", "malformed"}) {
    for (const fs::path& path : files_below(kData / folder)) {
      const std::string file = bytes_of(path);
      const Ingested whole(file, file.size() + 1);
      const Ingested cut(file, 1021);
      EXPECT_EQ(whole.metadata, cut.metadata) << path;
      EXPECT_EQ(whole.blocks, cut.blocks) << path;
      EXPECT_EQ(whole.frame_status.message(), cut.frame_status.message()) << path;
      if (whole.status.ok()) {
        ++parsed;
        EXPECT_TRUE(split_members(whole.metadata).ok()) << path;
      }
    }
  }
  EXPECT_GT(parsed, 250);
}

TEST_F(MetadataCorpus, every_jpeg_frame_begins_where_the_table_says) {
  int frames = 0;
  for (const fs::path& path : files_below(kData / "dicom-wsi")) {
    const std::string file = bytes_of(path);
    const Ingested instance(file, 65536);
    const TransferSyntax* syntax = find_transfer_syntax(instance.syntax);
    if (!instance.status.ok() || instance.header.kind != FrameKind::Encapsulated || !syntax ||
        !syntax->frame_media_type.starts_with("image/j")) {
      continue;
    }
    EXPECT_TRUE(instance.frame_status.ok()) << path << instance.frame_status.message();
    for (std::uint32_t i = 0; i < instance.header.frame_count; ++i, ++frames) {
      const ByteRange range = instance.first_fragment(i);
      ASSERT_TRUE(range.length == 0 || starts_image(as_bytes(file).subspan(range.offset, kMarkerBytes))) << path << i;
    }
  }
  EXPECT_GT(frames, 1000);
}

// The names as their makers' own test suites state them.
TEST_F(MetadataCorpus, names_in_every_script_come_out_as_their_makers_say) {
  const std::map<std::string, std::vector<std::string>> expected = {
      {"pydicom__chrArab.dcm", {"قباني^لنزار"}},   {"pydicom__chrFren.dcm", {"Buc^Jérôme"}},
      {"pydicom__chrGerm.dcm", {"Äneas^Rüdiger"}}, {"pydicom__chrGreek.dcm", {"Διονυσιος"}},
      {"pydicom__chrH32.dcm", {"ﾔﾏﾀﾞ^ﾀﾛｳ"}},       {"pydicom__chrRuss.dcm", {"Люкceмбypг"}},
      {"pydicom__chrX1.dcm", {"Wang^XiaoDong"}},   {"fo-dicom__chrGB2312.dcm", {"Zhang^XiaoDong"}},
  };
  for (const auto& [name, values] : expected) {
    const Ingested instance(bytes_of(kData / "dicom-other" / "charset" / name), 65536);
    ASSERT_TRUE(instance.status.ok()) << instance.status.message();
    const auto members = split_members(instance.metadata);
    for (const auto& [tag, member] : *members) {
      if (tag == tags::kPatientName) {
        EXPECT_EQ(member_strings(member), values) << name;
      }
    }
  }
}

}  // namespace
}  // namespace tessera::dicom
