// What BlobStore::adopt promises, whatever the store and the file system: the file's bytes become a blob, or the store
// says Unsupported and leaves nothing; the file itself stays.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "base/file.h"
#include "blob/file_store.h"
#include "blob/memory_store.h"

namespace tessera::blob {
namespace {

namespace fs = std::filesystem;

using MakeStore = std::function<std::unique_ptr<BlobStore>(const fs::path&)>;

struct Kind {
  const char* name;
  MakeStore make;
};

class BlobAdoption : public testing::TestWithParam<Kind> {
 protected:
  BlobAdoption() {
    std::string pattern = (fs::temp_directory_path() / "tessera-adopt-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = GetParam().make(folder_ / "data");
    std::ofstream(file_ = folder_ / "a.dcm", std::ios::binary) << kText;
  }
  ~BlobAdoption() override { fs::remove_all(folder_); }

  std::string blob(const char* key) {
    const auto source = store_->open(key);
    if (!source.ok()) {
      return std::string(source.status().message());
    }
    std::string bytes((*source)->size(), '\0');
    (*source)->read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()},
                    [](const Result<std::size_t>& done) { EXPECT_TRUE(done.ok()); });
    return bytes;
  }

  std::size_t left_unfinished() const {
    const fs::path incoming = folder_ / "data/incoming";
    return fs::exists(incoming) ? static_cast<std::size_t>(std::distance(fs::directory_iterator(incoming), {})) : 0;
  }

  static constexpr const char* kText = "the bytes of a file";
  static constexpr const char* kKey = "1/1.2/1.3/1.4_1.dcm";
  fs::path folder_, file_;
  std::unique_ptr<BlobStore> store_;
};

TEST_P(BlobAdoption, makes_a_blob_of_the_file_s_bytes_or_says_it_must_be_copied) {
  for (const bool may_take : {false, true}) {
    Result<Adopted> adopted = store_->adopt(file_, may_take);
    if (!adopted.ok()) {
      EXPECT_EQ(adopted.status().code(), Code::Unsupported) << adopted.status().message();
    } else {
      const std::string key = std::string(kKey) + (may_take ? "t" : "c");
      EXPECT_EQ(adopted->writer->size(), std::string_view(kText).size());
      EXPECT_EQ(adopted->bytes->size(), std::string_view(kText).size());
      ASSERT_TRUE(adopted->writer->commit(key, Durability::Truth).ok());
      EXPECT_EQ(blob(key.c_str()), kText);
    }
    EXPECT_TRUE(fs::exists(file_));
  }
  EXPECT_EQ(left_unfinished(), 0u);
}

TEST_P(BlobAdoption, that_is_given_up_leaves_the_file_and_nothing_else) {
  { Result<Adopted> adopted = store_->adopt(file_, true); }
  EXPECT_EQ(*read_file(file_, 1000), kText);
  EXPECT_EQ(left_unfinished(), 0u);
}

TEST_P(BlobAdoption, of_what_is_not_there_fails_and_leaves_nothing) {
  EXPECT_FALSE(store_->adopt(folder_ / "none", true).ok());
  EXPECT_EQ(left_unfinished(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Stores, BlobAdoption,
                         testing::Values(Kind{"file", [](const fs::path& data) { return *open_file_store(data); }},
                                         Kind{"memory", [](const fs::path&) { return make_memory_store(); }}),
                         [](const auto& kind) { return std::string(kind.param.name); });

// What only the file store does.
class FileTaking : public testing::Test {
 protected:
  FileTaking() {
    std::string pattern = (fs::temp_directory_path() / "tessera-take-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = std::move(*open_file_store(folder_ / "data"));
    std::ofstream(file_ = folder_ / "a.dcm", std::ios::binary) << "bytes";
  }
  ~FileTaking() override { fs::remove_all(folder_); }

  // Whether the blob is the file itself rather than a clone or nothing.
  bool shares_inode() {
    Result<Adopted> adopted = store_->adopt(file_, true);
    struct stat info {};
    return ::stat(file_.c_str(), &info) == 0 && adopted.ok() && info.st_nlink == 2;
  }

  fs::path folder_, file_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(FileTaking, never_gives_a_blob_a_second_name_unless_the_caller_removes_the_first) {
  Result<Adopted> adopted = store_->adopt(file_, false);
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_nlink, 1u);
}

TEST_F(FileTaking, needs_no_copy_of_a_file_that_is_the_caller_s_alone) {
  Result<Adopted> adopted = store_->adopt(file_, true);
  ASSERT_TRUE(adopted.ok()) << adopted.status().message();
  ASSERT_TRUE(adopted->writer->commit("1/2/3_4.dcm", Durability::Truth).ok());
  ASSERT_EQ(::unlink(file_.c_str()), 0);
  EXPECT_EQ((*store_->open("1/2/3_4.dcm"))->size(), 5u);
}

TEST_F(FileTaking, leaves_alone_what_somebody_writes_or_what_has_another_name) {
  {
    std::ofstream writer(file_, std::ios::app);
    EXPECT_FALSE(shares_inode());
  }
  fs::create_hard_link(file_, folder_ / "b.dcm");
  Result<Adopted> adopted = store_->adopt(file_, true);
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_nlink, 2u);
}

}  // namespace
}  // namespace tessera::blob
