#include "app/file_walk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace tessera::app {
namespace {

namespace fs = std::filesystem;

class FileWalkTest : public testing::Test {
 protected:
  FileWalkTest() {
    std::string pattern = (fs::temp_directory_path() / "tessera-walk-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileWalkTest() override { fs::remove_all(folder_); }

  void put(const std::string& name) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }

  std::vector<FoundFile> walk(std::vector<fs::path> roots, const std::vector<fs::path>& without = {}) {
    FileWalk walk(std::move(roots), without);
    std::vector<FoundFile> found;
    for (FoundFile file; walk.next(file);) {
      found.push_back(file);
    }
    return found;
  }

  std::vector<std::string> names(const std::vector<FoundFile>& found) {
    std::vector<std::string> all;
    for (const FoundFile& file : found) {
      all.push_back(file.path.lexically_relative(folder_).string());
    }
    return all;
  }

  fs::path folder_;
};

TEST_F(FileWalkTest, goes_down_in_the_order_of_the_names) {
  for (const char* name : {"b/2", "b/1", "a", "c/x/y", "b.d"}) {
    put(name);
  }
  EXPECT_EQ(names(walk({folder_})), (std::vector<std::string>{"a", "b/1", "b/2", "b.d", "c/x/y"}));
  EXPECT_EQ(names(walk({folder_ / "c", folder_ / "a"})), (std::vector<std::string>{"c/x/y", "a"}));
}

TEST_F(FileWalkTest, passes_over_what_a_watch_keeps_in_its_folder) {
  for (const char* name : {"a", "in/.tessera-errors/b", "in/.tessera-imported", "in/.hidden"}) {
    put(name);
  }
  EXPECT_EQ(names(walk({folder_})), (std::vector<std::string>{"a", "in/.hidden"}));
  EXPECT_EQ(names(walk({folder_ / "in/.tessera-errors"})), (std::vector<std::string>{"in/.tessera-errors/b"}));
}

TEST_F(FileWalkTest, says_of_a_link_to_a_folder_that_it_was_not_followed) {
  put("a/1");
  fs::create_directory_symlink(folder_, folder_ / "a/loop");
  fs::create_symlink(folder_ / "a/1", folder_ / "a/to_file");
  const auto found = walk({folder_});
  EXPECT_EQ(names(found), (std::vector<std::string>{"a/1", "a/loop", "a/to_file"}));
  EXPECT_NE(found[1].skipped, "");
  EXPECT_EQ(found[2].skipped, "");
  EXPECT_EQ(found[2].bytes, 1u);
}

TEST_F(FileWalkTest, a_link_that_is_named_is_followed) {
  put("a/1");
  fs::create_directory_symlink(folder_ / "a", folder_ / "link");
  EXPECT_EQ(names(walk({folder_ / "link"})), (std::vector<std::string>{"link/1"}));
}

TEST_F(FileWalkTest, hands_out_what_cannot_be_read_with_the_reason) {
  fs::create_symlink(folder_ / "nowhere", folder_ / "dangling");
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const auto found = walk({folder_, folder_ / "none"});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].problem.code(), Code::NotFound);
  EXPECT_NE(found[1].skipped, "");
  EXPECT_EQ(found[2].problem.code(), Code::NotFound);
  EXPECT_TRUE(found[2].named);
}

TEST_F(FileWalkTest, passes_over_folders_it_is_to_leave_out) {
  put("data/blobs/1");
  put("z");
  EXPECT_EQ(names(walk({folder_}, {folder_ / "data", folder_ / "none"})), (std::vector<std::string>{"z"}));
}

}  // namespace
}  // namespace tessera::app
