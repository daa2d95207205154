// What BlobStore::put promises of bytes, whatever the store, the size and the pieces they come in: they are read back
// as they were written, or written over.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <vector>

#include "blob/file_store.h"
#include "blob/memory_store.h"

namespace tessera::blob {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKey = "1/1.2/1.3/1.4_1.dcm";
constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::size_t kTail = 12'345;
constexpr std::size_t kPage = 4096;

struct Kind {
  const char* name;
  std::function<std::unique_ptr<BlobStore>(const fs::path&)> make;
  std::size_t pieces;  // of a large blob: beyond what the store keeps in the page cache
};

class BlobWriting : public testing::TestWithParam<Kind> {
 protected:
  // Not below /tmp, which may be a file system of memory alone.
  BlobWriting() {
    std::string pattern = (fs::current_path() / "tessera-writer-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = GetParam().make(folder_ / "data");
    bytes_ = static_cast<std::uint8_t*>(std::aligned_alloc(kPage, (large_ / kPage + 2) * kPage));
    for (std::uint64_t i = 0; i * 8 < large_; ++i) {  // no page is as another
      const std::uint64_t word = (i + 1) * 0x9E37'79B9'7F4A'7C15;
      std::memcpy(bytes_ + i * 8, &word, 8);
    }
  }
  ~BlobWriting() override {
    std::free(bytes_);
    fs::remove_all(folder_);
  }

  // In pieces of `first`, then of `piece` bytes.
  std::unique_ptr<BlobWriter> written(std::size_t first, std::size_t piece) {
    auto writer = store_->put();
    EXPECT_TRUE(writer.ok());
    for (std::size_t at = 0, count = first; at < large_; at += count, count = piece) {
      count = std::min(count, large_ - at);
      const Status status = (*writer)->write({bytes_ + at, count});
      EXPECT_TRUE(status.ok()) << status.message();
    }
    EXPECT_EQ((*writer)->size(), large_);
    return std::move(*writer);
  }

  // The first piece at which the blob is not as expected; its size when it is.
  std::size_t first_difference(ByteView expected) {
    const auto source = store_->open(kKey);
    EXPECT_TRUE(source.ok());
    const std::size_t size = (*source)->size();
    std::vector<std::uint8_t> piece(kPiece);
    for (std::size_t at = 0; at < size; at += kPiece) {
      const std::size_t count = std::min(kPiece, size - at);
      (*source)->read(at, {piece.data(), count}, [](const Result<std::size_t>& done) { EXPECT_TRUE(done.ok()); });
      if (at + count > expected.size() || std::memcmp(piece.data(), expected.data() + at, count) != 0) {
        return at;
      }
    }
    return size;
  }

  fs::path folder_;
  std::unique_ptr<BlobStore> store_;
  const std::size_t large_ = GetParam().pieces * kPiece + kTail;
  std::uint8_t* bytes_ = nullptr;
};

TEST_P(BlobWriting, returns_a_large_blob_whatever_pieces_it_came_in) {
  const struct {
    std::size_t first, piece;
  } ways[] = {
      {kPiece, kPiece},          // aligned, in memory and in the file
      {kPiece, 7'919},           // small
      {313, kPiece},             // large, and across the buffers
      {kPiece, kPiece + 1},      // aligned once, then never
      {40 * kPiece, kPiece * 3}  // several buffers at once
  };
  for (const auto& [first, piece] : ways) {
    ASSERT_TRUE(written(first, piece)->commit(kKey, Durability::Truth).ok());
    EXPECT_EQ(first_difference({bytes_, large_}), large_) << first << " then " << piece;
    ASSERT_TRUE(store_->remove(kKey).ok());
  }
}

TEST_P(BlobWriting, writes_over_any_place_of_a_large_blob) {
  auto writer = written(kPiece, kPiece);
  const std::uint8_t over[] = {1, 2, 3};
  for (const std::size_t place :
       {std::size_t{0}, large_ - kTail - 2 * kPiece - 1, large_ - kTail - kPiece + 5, large_ - 3}) {
    ASSERT_TRUE(writer->overwrite(place, over).ok());
    std::copy(std::begin(over), std::end(over), bytes_ + place);
  }
  ASSERT_TRUE(writer->commit(kKey, Durability::Truth).ok());
  EXPECT_EQ(first_difference({bytes_, large_}), large_);
}

TEST_P(BlobWriting, goes_on_after_writing_over) {
  const std::size_t early = large_ - kTail - kPiece;
  auto writer = store_->put();
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->write({bytes_, early}).ok());
  ASSERT_TRUE((*writer)->overwrite(early - kPiece, {bytes_ + early - kPiece, 10}).ok());
  ASSERT_TRUE((*writer)->write({bytes_ + early, large_ - early}).ok());
  ASSERT_TRUE((*writer)->commit(kKey, Durability::Truth).ok());
  EXPECT_EQ(first_difference({bytes_, large_}), large_);
}

INSTANTIATE_TEST_SUITE_P(Stores, BlobWriting,
                         testing::Values(Kind{"file", [](const fs::path& data) { return *open_file_store(data); }, 66},
                                         Kind{"memory", [](const fs::path&) { return make_memory_store(); }, 4}),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace tessera::blob
