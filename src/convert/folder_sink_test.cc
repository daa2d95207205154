#include "convert/folder_sink.h"

#include <gtest/gtest.h>
#include <sys/file.h>

#include <fstream>
#include <map>

#include "support/made_source.h"

namespace tessera::convert {
namespace {

using test_support::MadeSource;
using test_support::small_source;

class FolderSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tessera-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::map<std::string, std::uint64_t> files() const {
    std::map<std::string, std::uint64_t> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) {
        found[entry.path().filename().string()] = entry.file_size();
      }
    }
    return found;
  }
  std::filesystem::path folder_;
};

TEST_F(FolderSinkTest, names_files_when_all_are_whole_and_declines_them_the_second_time) {
  const MadeSource source = small_source();
  FolderSink sink(folder_);
  const auto first = convert_slide(source, "hash", {}, sink);
  ASSERT_TRUE(first.ok()) << first.status().message();
  const auto there = files();
  ASSERT_EQ(there.size(), 2u);
  EXPECT_EQ(there.at("level-0.dcm") + there.at("level-1.dcm"), first->bytes);
  FolderSink again(folder_);
  const auto second = convert_slide(source, "hash", {}, again);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->declined, 2u);
  EXPECT_EQ(files(), there);
}

TEST_F(FolderSinkTest, leaves_nothing_of_a_conversion_that_failed) {
  MadeSource source = small_source();
  source.lying_ = true;
  {
    FolderSink sink(folder_);
    EXPECT_FALSE(convert_slide(source, "hash", {}, sink).ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "the series' folder stayed";
}

TEST_F(FolderSinkTest, removes_what_a_killed_process_left_and_nothing_that_is_being_written) {
  const MadeSource source = small_source();
  FolderSink first(folder_);
  ASSERT_TRUE(convert_slide(source, "hash", {}, first).ok());
  std::filesystem::path level;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    level = entry.path().filename() == "level-0.dcm" ? entry.path() : level;
  }
  std::filesystem::remove(level);
  for (const char* number : {"1", "2"}) {
    std::ofstream(level.parent_path() / (".level-0.dcm." + std::string(number) + ".part")) << "half";
  }
  const auto written = File::open_read(level.parent_path() / ".level-0.dcm.2.part");
  ASSERT_EQ(::flock(written->descriptor(), LOCK_EX), 0);
  FolderSink again(folder_);
  ASSERT_TRUE(convert_slide(source, "hash", {}, again).ok());
  EXPECT_EQ(files().size(), 3u);
  EXPECT_EQ(files().count(".level-0.dcm.1.part"), 0u);
  EXPECT_EQ(files().count(".level-0.dcm.2.part"), 1u);
}

TEST_F(FolderSinkTest, leaves_another_file_of_that_name_alone) {
  const MadeSource source = small_source();
  {
    FolderSink sink(folder_);
    ASSERT_TRUE(convert_slide(source, "hash", {}, sink).ok());
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (entry.path().filename() == "level-1.dcm") {
      std::filesystem::resize_file(entry.path(), 10);
    }
  }
  FolderSink sink(folder_);
  const auto refused = convert_slide(source, "hash", {}, sink);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::AlreadyExists);
  EXPECT_EQ(files().at("level-1.dcm"), 10u);
}

}  // namespace
}  // namespace tessera::convert
