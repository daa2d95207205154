#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

namespace tessera {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = (fs::temp_directory_path() / "tessera-file-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileTest() override { fs::remove_all(folder_); }

  void put(const fs::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
  std::size_t entries(const fs::path& path) const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(FileTest, opening_what_is_not_there_names_the_path) {
  const Result<File> file = File::open_read(folder_ / "none");
  EXPECT_EQ(file.status().code(), Code::NotFound);
  EXPECT_NE(file.status().message().find("none'"), std::string::npos);
}

TEST_F(FileTest, tells_whether_somebody_is_writing_it) {
  put(folder_ / "a", "text");
  {
    std::ofstream writer(folder_ / "a", std::ios::app);
    EXPECT_TRUE(File::open_read(folder_ / "a")->has_writers());
  }
  EXPECT_FALSE(File::open_read(folder_ / "a")->has_writers());
}

TEST_F(FileTest, create_new_refuses_an_existing_file) {
  put(folder_ / "a", "text");
  EXPECT_EQ(File::create_new(folder_ / "a").status().code(), Code::AlreadyExists);
  EXPECT_EQ(*read_file(folder_ / "a", 100), "text");
}

TEST_F(FileTest, bytes_are_put_in_place_and_appending_goes_on_where_it_was) {
  Result<File> file = File::create_new(folder_ / "a");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->write_all(as_bytes("0123456789")).ok());
  ASSERT_TRUE(file->write_at(2, as_bytes("AB")).ok());
  ASSERT_TRUE(file->write_at(9, as_bytes("CDE")).ok()) << "over the end";
  ASSERT_TRUE(file->write_at(5, {}).ok());
  EXPECT_EQ(*read_file(folder_ / "a", 100), "01AB45678CDE");
  ASSERT_TRUE(file->write_all(as_bytes("xy")).ok());
  EXPECT_EQ(*read_file(folder_ / "a", 100), "01AB45678Cxy") << "behind the ten bytes that were appended";
}

TEST_F(FileTest, a_hole_before_what_was_put_in_place_reads_as_zero) {
  Result<File> file = File::create_new(folder_ / "a");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->write_at(3, as_bytes("x")).ok());
  EXPECT_EQ(*read_file(folder_ / "a", 100), std::string("\0\0\0x", 4));
}

TEST_F(FileTest, a_place_that_cannot_be_written_is_named) {
  put(folder_ / "a", "text");
  Result<File> file = File::open_read(folder_ / "a");
  ASSERT_TRUE(file.ok());
  const Status refused = file->write_at(7, as_bytes("x"));
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.message().find("at byte 7"), std::string::npos) << refused.message();
}

TEST_F(FileTest, what_was_written_is_read_back_from_any_place) {
  Result<File> file = File::create_new(folder_ / "a");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->write_all(as_bytes("01234")).ok());
  ASSERT_TRUE(file->write_all(as_bytes("56789")).ok());
  file->start_writeback(0, 10);
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(*file->size(), 10U);
  std::uint8_t bytes[4];
  ASSERT_TRUE(file->read_at(3, bytes).ok());
  EXPECT_EQ(as_text(bytes), "3456");
}

TEST_F(FileTest, a_read_past_the_end_names_the_byte_where_the_file_ends) {
  put(folder_ / "a", "0123456789");
  Result<File> file = File::open_read(folder_ / "a");
  ASSERT_TRUE(file.ok());
  std::uint8_t bytes[4];
  const Status status = file->read_at(8, bytes);
  EXPECT_EQ(status.code(), Code::IoError);
  EXPECT_NE(status.message().find("byte 10"), std::string::npos) << status.message();
}

TEST_F(FileTest, a_moved_from_file_is_closed_and_the_other_owns_the_descriptor) {
  put(folder_ / "a", "x");
  Result<File> opened = File::open_read(folder_ / "a");
  ASSERT_TRUE(opened.ok());
  File first = *std::move(opened);
  const int descriptor = first.descriptor();
  File second = std::move(first);
  EXPECT_FALSE(first.is_open());  // NOLINT: that is what is tested
  EXPECT_EQ(second.descriptor(), descriptor);
  second.close();
  second.close();
  EXPECT_FALSE(second.is_open());
}

TEST_F(FileTest, a_full_disk_is_told_as_no_space) {
  if (!fs::exists("/dev/full")) {
    GTEST_SKIP() << "this machine has no /dev/full";
  }
  File full(::open("/dev/full", O_WRONLY));
  ASSERT_TRUE(full.is_open());
  EXPECT_EQ(full.write_all(as_bytes("x")).code(), Code::NoSpace);
}

TEST_F(FileTest, folders_are_made_with_their_parents_and_again_without_fault) {
  const fs::path deep = folder_ / "a/b/c";
  EXPECT_TRUE(make_folders_durably(deep).ok());
  EXPECT_TRUE(fs::is_directory(deep));
  EXPECT_TRUE(make_folders_durably(deep).ok());
  EXPECT_TRUE(make_folders_durably("/").ok());
  EXPECT_TRUE(make_folders_durably(".").ok());
}

TEST_F(FileTest, a_file_in_the_way_of_a_folder_is_an_error) {
  put(folder_ / "a", "x");
  EXPECT_FALSE(make_folders_durably(folder_ / "a").ok());
  EXPECT_FALSE(make_folders_durably(folder_ / "a/b").ok());
}

TEST_F(FileTest, many_threads_may_make_the_same_folders) {
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        failures += make_folders_durably(folder_ / std::to_string(i) / "x/y").ok() ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failures, 0);
}

TEST_F(FileTest, an_atomic_write_replaces_and_leaves_nothing_beside) {
  const fs::path path = folder_ / "FORMAT";
  ASSERT_TRUE(write_file_atomically(path, as_bytes("one")).ok());
  ASSERT_TRUE(write_file_atomically(path, as_bytes("two")).ok());
  EXPECT_EQ(*read_file(path, 100), "two");
  EXPECT_EQ(entries(folder_), 1U);
}

TEST_F(FileTest, a_failed_atomic_write_keeps_the_old_and_leaves_nothing_beside) {
  const fs::path path = folder_ / "taken";
  fs::create_directory(path);
  EXPECT_FALSE(write_file_atomically(path, as_bytes("text")).ok());
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_EQ(entries(folder_), 1U);
  EXPECT_EQ(write_file_atomically(folder_ / "none/x", as_bytes("text")).code(), Code::NotFound);
}

TEST_F(FileTest, threads_writing_one_file_never_leave_half_of_it) {
  const fs::path path = folder_ / "shared";
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string text(50'000, static_cast<char>('a' + t));
      for (int i = 0; i < 10; ++i) {
        failures += write_file_atomically(path, as_bytes(text)).ok() ? 0 : 1;
        const Result<std::string> seen = read_file(path, 100'000);
        const bool whole = seen.ok() && seen->size() == 50'000 &&
                           std::all_of(seen->begin(), seen->end(), [&](char c) { return c == seen->front(); });
        failures += whole ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(entries(folder_), 1U);
}

TEST_F(FileTest, read_file_refuses_what_is_above_its_limit) {
  put(folder_ / "a", "12345");
  EXPECT_EQ(*read_file(folder_ / "a", 5), "12345");
  EXPECT_EQ(read_file(folder_ / "a", 4).status().code(), Code::TooLarge);
  EXPECT_FALSE(read_file(folder_, 1 << 20).ok()) << "a folder is no file";
}

TEST_F(FileTest, removing_what_is_not_there_is_fine) {
  put(folder_ / "a", "x");
  EXPECT_TRUE(remove_file(folder_ / "a").ok());
  EXPECT_TRUE(remove_file(folder_ / "a").ok());
  EXPECT_FALSE(remove_file(folder_).ok()) << "a folder is no file";
}

TEST_F(FileTest, a_rename_replaces_the_target) {
  put(folder_ / "a", "new");
  put(folder_ / "b", "old");
  ASSERT_TRUE(rename_file(folder_ / "a", folder_ / "b").ok());
  EXPECT_EQ(*read_file(folder_ / "b", 10), "new");
  EXPECT_EQ(rename_file(folder_ / "a", folder_ / "b").code(), Code::NotFound);
}

}  // namespace
}  // namespace tessera
