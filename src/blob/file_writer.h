// FileWriter: a blob on its way into a FileStore. Bytes are gathered into an aligned buffer of 1 MiB and written full
// (spec: fast, files written in small pieces are read back 10–20 % slower); pieces that are large already pass through.
//
// Of a large blob, what follows its first kCachedBytes goes to the disk past the page cache where the file system lets
// it: that costs a quarter of the processor time, and an upload of gigabytes does not push out the tiles that are being
// looked at.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/file.h"
#include "blob/blob_store.h"

namespace tessera::blob {

class FileWriter final : public BlobWriter {
 public:
  // The file is made at `unfinished` when there is something to write out: what is refused at its first bytes, as most
  // garbage is, costs no file.
  FileWriter(std::filesystem::path unfinished, std::filesystem::path blobs);
  // `file` is there, at `unfinished`, locked for as long as it is open, and whole with `size` bytes (an adopted one).
  FileWriter(File file, std::filesystem::path unfinished, std::filesystem::path blobs, std::uint64_t size);
  ~FileWriter() override;

  Status write(ByteView bytes) override;
  Status overwrite(std::uint64_t offset, ByteView bytes) override;
  std::uint64_t size() const override { return written_ + buffered_; }
  Status commit(std::string_view key, Durability durability) override;

 private:
  struct Freer {
    void operator()(std::uint8_t* memory) const { std::free(memory); }
  };

  Status make_file();
  Status write_out(ByteView bytes);
  Status flush();
  void go_direct();
  void leave_direct();
  Status place(const std::filesystem::path& target, Durability durability);

  File file_;
  const std::filesystem::path unfinished_;
  const std::filesystem::path blobs_;
  std::unique_ptr<std::uint8_t, Freer> buffer_;  // allocated with the first small piece
  std::size_t capacity_ = 0;
  std::size_t buffered_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t writeback_from_ = 0;
  bool direct_ = false;  // past the page cache: what is written then is a multiple of kAlignment, from and to such
  bool made_ = false;
  bool committed_ = false;
};

}  // namespace tessera::blob
