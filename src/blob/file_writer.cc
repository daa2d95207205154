#include "blob/file_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "blob/file_adoption.h"

namespace tessera::blob {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBufferBytes = 1024 * 1024;
constexpr std::size_t kFirstBufferBytes = 64 * 1024;  // most sidecars are smaller
constexpr std::size_t kAlignment = 4096;
constexpr std::uint64_t kWritebackStep = 8ull * 1024 * 1024;
constexpr std::uint64_t kCachedBytes = 64ull * 1024 * 1024;
// A folder may be removed as empty between its making and the rename: then both are done again.
constexpr int kPlaceAttempts = 16;

// rename() that refuses to replace. File systems without RENAME_NOREPLACE get link and unlink.
int rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return -1;
  }
  return ::link(from.c_str(), to.c_str()) == 0 ? ::unlink(from.c_str()) : -1;
}

bool is_aligned(ByteView bytes) {
  return reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment == 0 && bytes.size() % kAlignment == 0;
}

}  // namespace

FileWriter::FileWriter(fs::path unfinished, fs::path blobs)
    : unfinished_(std::move(unfinished)), blobs_(std::move(blobs)) {}

FileWriter::FileWriter(File file, fs::path unfinished, fs::path blobs, std::uint64_t size)
    : file_(std::move(file)),
      unfinished_(std::move(unfinished)),
      blobs_(std::move(blobs)),
      written_(size),
      made_(true) {}

FileWriter::~FileWriter() {
  if (made_ && !committed_) {
    (void)::unlink(unfinished_.c_str());
  }
}

Status FileWriter::make_file() {
  if (!made_) {
    TRY_ASSIGN(file_, make_unfinished(unfinished_));
    made_ = true;
  }
  return {};
}

// Best effort: where the file system has no such way, everything goes through the cache.
void FileWriter::go_direct() {
  const int flags = ::fcntl(file_.descriptor(), F_GETFL);
  direct_ = flags >= 0 && ::fcntl(file_.descriptor(), F_SETFL, flags | O_DIRECT) == 0;
}

void FileWriter::leave_direct() {
  if (std::exchange(direct_, false)) {
    const int flags = ::fcntl(file_.descriptor(), F_GETFL);
    (void)::fcntl(file_.descriptor(), F_SETFL, flags & ~O_DIRECT);
  }
}

Status FileWriter::write_out(ByteView bytes) {
  RETURN_IF_ERROR(make_file());
  if (!is_aligned(bytes)) {
    leave_direct();  // the end
  }
  Status written = file_.write_at(written_, bytes);
  if (!written.ok() && written.code() != Code::NoSpace && direct_) {
    leave_direct();  // a medium with larger sectors, or one that took a part
    written = file_.write_at(written_, bytes);
  }
  RETURN_IF_ERROR(written.while_doing("write blob"));
  written_ += bytes.size();
  if (!direct_ && written_ - writeback_from_ >= kWritebackStep) {
    file_.start_writeback(writeback_from_, written_ - writeback_from_);
    writeback_from_ = written_;
    if (written_ >= kCachedBytes && written_ % kAlignment == 0) {
      go_direct();
    }
  }
  return {};
}

Status FileWriter::flush() {
  const ByteView held(buffer_.get(), buffered_);
  buffered_ = 0;
  return held.empty() ? Status() : write_out(held);
}

Status FileWriter::write(ByteView bytes) {
  if (buffered_ == 0 && bytes.size() >= kBufferBytes && (!direct_ || is_aligned(bytes))) {
    return write_out(bytes);
  }
  while (!bytes.empty()) {
    if (buffered_ == capacity_) {
      const std::size_t larger = capacity_ == 0 ? kFirstBufferBytes : kBufferBytes;
      if (capacity_ == kBufferBytes || buffered_ > 0) {
        RETURN_IF_ERROR(flush());
      }
      if (capacity_ != kBufferBytes) {
        buffer_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, larger)));
        capacity_ = larger;
      }
    }
    const std::size_t count = std::min(bytes.size(), capacity_ - buffered_);
    std::memcpy(buffer_.get() + buffered_, bytes.data(), count);
    buffered_ += count;
    bytes = bytes.subspan(count);
  }
  return {};
}

Status FileWriter::overwrite(std::uint64_t offset, ByteView bytes) {
  if (offset > size() || bytes.size() > size() - offset) {
    return Status(Code::Internal, "overwrite beyond what was written of a blob");
  }
  if (offset >= written_) {  // not written out yet
    std::memcpy(buffer_.get() + (offset - written_), bytes.data(), bytes.size());
    return {};
  }
  RETURN_IF_ERROR(flush());
  leave_direct();
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file_.descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return errno_status(errno, "write blob at byte " + std::to_string(offset));
    }
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status FileWriter::place(const fs::path& target, Durability durability) {
  for (int attempt = 0; attempt < kPlaceAttempts; ++attempt) {
    const Status made = make_folders_durably(target.parent_path());
    if (made.code() == Code::NotFound) {
      continue;  // a remove() took an empty folder away between the making of it and of the next one
    }
    RETURN_IF_ERROR(made);
    const int failed = durability == Durability::Truth ? rename_new(unfinished_, target)
                                                       : ::rename(unfinished_.c_str(), target.c_str());
    if (failed == 0) {
      return {};
    }
    if (errno != ENOENT) {
      return errno_status(errno, "name blob '" + target.string() + "'");
    }
  }
  return Status(Code::IoError, "name blob '" + target.string() + "': its folder keeps vanishing");
}

Status FileWriter::commit(std::string_view key, Durability durability) {
  RETURN_IF_ERROR(check_key(key));
  RETURN_IF_ERROR(make_file());  // an empty blob is one, too
  RETURN_IF_ERROR(flush());
  if (durability == Durability::Truth) {
    RETURN_IF_ERROR(file_.sync().while_doing("store blob " + std::string(key)));
  }
  const fs::path target = blobs_ / key;
  RETURN_IF_ERROR(place(target, durability));
  committed_ = true;
  file_.close();
  return durability == Durability::Truth ? sync_folder(target.parent_path()) : Status();
}

}  // namespace tessera::blob
