#include "app/watch_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "app/set_aside.h"

namespace tessera::app {
namespace {

namespace fs = std::filesystem;

class WatchMemoryTest : public testing::Test {
 protected:
  WatchMemoryTest() {
    std::string pattern = (fs::temp_directory_path() / "tessera-watch-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~WatchMemoryTest() override { fs::remove_all(folder_); }

  void put(const std::string& name, std::string_view text) { std::ofstream(folder_ / name) << text; }
  FileState now(const std::string& name) { return *state_of(folder_ / name); }
  Result<WatchMemory> open() { return WatchMemory::open(folder_ / "state", folder_); }

  fs::path folder_;
};

TEST_F(WatchMemoryTest, knows_a_file_after_a_restart_until_it_changes_or_goes) {
  const std::string odd = "100%\nslide 1.svs";
  for (const auto& name : {odd, std::string("b"), std::string("c")}) {
    put(name, "x");
    ASSERT_TRUE(open()->add(name, now(name)).ok());
  }
  const FileState gone = now("c");
  put("b", "longer");
  fs::remove(folder_ / "c");
  const auto memory = open();
  EXPECT_TRUE(memory->knows(odd, now(odd)));
  EXPECT_FALSE(memory->knows("b", now("b")));
  EXPECT_FALSE(memory->knows("c", gone));
}

TEST_F(WatchMemoryTest, passes_over_lines_it_cannot_read) {
  put("a", "x");
  ASSERT_TRUE(open()->add("a", now("a")).ok());
  std::ofstream(folder_ / "state", std::ios::app) << "rubbish\n99999999999999999999999 1 a\n1 2\n12 torn";
  EXPECT_TRUE(open()->knows("a", now("a")));
}

TEST_F(WatchMemoryTest, is_one_process_s_at_a_time) {
  const auto first = open();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(open().status().code(), Code::Busy);
}

TEST_F(WatchMemoryTest, outlives_the_loss_of_its_file) {
  auto memory = open();
  put("a", "x");
  put("b", "x");
  ASSERT_TRUE(memory->add("a", now("a")).ok());
  fs::remove(folder_ / "state");
  ASSERT_TRUE(memory->add("b", now("b")).ok());
  EXPECT_EQ(open().status().code(), Code::Busy) << "the new file is not locked";
  memory = Status(Code::Internal, "ended");
  EXPECT_TRUE(open()->knows("a", now("a")));
  EXPECT_TRUE(open()->knows("b", now("b")));
}

TEST_F(WatchMemoryTest, a_file_set_aside_replaces_none) {
  for (const char* text : {"one", "two", "three"}) {
    put("a.dcm", text);
    ASSERT_TRUE(move_into(folder_ / "a.dcm", folder_ / "done/x/a.dcm").ok());
  }
  EXPECT_EQ(*read_file(folder_ / "done/x/a.dcm", 100), "one");
  EXPECT_EQ(*read_file(folder_ / "done/x/a.1.dcm", 100), "two");
  EXPECT_EQ(*read_file(folder_ / "done/x/a.2.dcm", 100), "three");
}

}  // namespace
}  // namespace tessera::app
