// Files: descriptors that close themselves, and the two ways bytes reach a disk for good.
//
// Durability is spelled out by the caller, because the order is the promise (design: write, fsync, rename,
// fsync every folder made, then the catalog): nothing here syncs unless its name says so. Functions are safe
// from many threads; a File is one thread's at a time, except read_at, which any number may call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera {

class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  static Result<File> open_read(const std::filesystem::path& path);
  // Creates; an existing file is AlreadyExists.
  static Result<File> create_new(const std::filesystem::path& path);

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  void close();

  Result<std::uint64_t> size() const;
  // Whether somebody has it open for writing now, as far as the system tells (a local file of ours, open for reading).
  bool has_writers() const;
  // Fills `into` from `offset`; an end of file before that is an IoError naming the offset.
  Status read_at(std::uint64_t offset, MutableBytes into) const;
  // Appends all bytes (retries short writes).
  Status write_all(ByteView bytes);
  // Writes all bytes at `offset`, whatever is there; appending goes on where it was.
  Status write_at(std::uint64_t offset, ByteView bytes);
  // Data and size are on the medium when it returns ok.
  Status sync();
  // Asks the kernel to begin writing [offset, offset + length) out now, so that a later sync() is short. Best
  // effort.
  void start_writeback(std::uint64_t offset, std::uint64_t length);

 private:
  int descriptor_ = -1;
};

// Makes `folder` and its missing parents; when it returns ok, `folder` is on the medium, also when another
// thread or process made some of it just now. Costs one fsync of a folder even when nothing is to be made.
Status make_folders_durably(const std::filesystem::path& folder);

// fsync of a folder: its entries (creations, renames, removals) are on the medium when it returns ok.
Status sync_folder(const std::filesystem::path& folder);

// Renames over whatever is at `to`; atomic, not yet durable (sync_folder makes it so).
Status rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Removes a file; ok when it was not there.
Status remove_file(const std::filesystem::path& path);

// Writes a whole small file beside itself ("PATH.new.…"), fsyncs, renames into place, fsyncs the folder: old
// or new, never half, also when several write it at once.
Status write_file_atomically(const std::filesystem::path& path, ByteView bytes);

// A whole file of at most `limit` bytes; a larger one is TooLarge.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

}  // namespace tessera
