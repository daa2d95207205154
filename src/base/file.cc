#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <vector>

namespace tessera {

namespace fs = std::filesystem;

namespace {
std::string quoted(const fs::path& path) {
  return "'" + path.string() + "'";
}

// The folder that holds the entry of `path`.
fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

// 0, or the errno of what failed.
int sync_folder_errno(const fs::path& folder) {
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::fsync(opened.descriptor()) != 0) {
    return errno;
  }
  return 0;
}

// A name beside `path` that no other thread, process or machine uses now.
fs::path name_beside(const fs::path& path) {
  std::random_device random;
  char suffix[32];
  std::snprintf(suffix, sizeof suffix, ".new.%08x%08x", random(), random());
  return path.string() + suffix;
}
}  // namespace

File::~File() {
  close();
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void File::close() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    descriptor_ = -1;
  }
}

Result<File> File::open_read(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return errno_status(errno, "open " + quoted(path));
  }
  return File(descriptor);
}

Result<File> File::create_new(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return errno_status(errno, "create " + quoted(path));
  }
  return File(descriptor);
}

Result<std::uint64_t> File::size() const {
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) {
    return errno_status(errno, "stat an open file");
  }
  return static_cast<std::uint64_t>(info.st_size);
}

// A read lease is granted only while nobody has the file open for writing. It is let go at once; a writer that comes in
// that moment is told of by a SIGIO, whose default would end the program: SIGURG is sent instead, whose default is
// nothing.
bool File::has_writers() const {
  (void)::fcntl(descriptor_, F_SETSIG, SIGURG);
  if (::fcntl(descriptor_, F_SETLEASE, F_RDLCK) != 0) {
    return errno == EAGAIN;  // anything else: leases are not to be had here
  }
  (void)::fcntl(descriptor_, F_SETLEASE, F_UNLCK);
  return false;
}

Status File::read_at(std::uint64_t offset, MutableBytes into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno_status(errno, "read at byte " + std::to_string(offset + done));
    }
    if (got == 0) {
      return Status(Code::IoError, "read at byte " + std::to_string(offset + done) + ": the file ends there");
    }
    done += static_cast<std::size_t>(got);
  }
  return {};
}

Status File::write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor_, bytes.data(), bytes.size());
    if (wrote < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno_status(errno, "write " + std::to_string(bytes.size()) + " bytes");
    }
    if (wrote == 0) {
      return Status(Code::IoError, "write " + std::to_string(bytes.size()) + " bytes: none was taken");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

Status File::write_at(std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno_status(errno, "write " + std::to_string(bytes.size()) + " bytes at byte " + std::to_string(offset));
    }
    if (wrote == 0) {
      return Status(Code::IoError, "write at byte " + std::to_string(offset) + ": nothing was taken");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

Status File::sync() {
  if (::fsync(descriptor_) != 0) {
    return errno_status(errno, "fsync");
  }
  return {};
}

void File::start_writeback(std::uint64_t offset, std::uint64_t length) {
  (void)::sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE);
}

Status make_folders_durably(const fs::path& folder) {
  // Walk up to the first folder that exists, then make the rest from the top and sync each parent that gained
  // an entry.
  std::vector<fs::path> missing;
  fs::path at = folder;
  for (std::error_code error; !at.empty() && !fs::is_directory(at, error); at = at.parent_path()) {
    missing.push_back(at);
  }
  // The one that exists may be another thread's or process's work of this moment, not synced yet: what goes
  // into it must not become durable before its own entry. (Its ancestors are: nobody makes a folder in one
  // that is not.)
  const int refused = sync_folder_errno(parent_of(at));
  if (refused != 0 && refused != EACCES && refused != EPERM) {  // a parent we may not read is not of our making
    return errno_status(refused, "fsync folder " + quoted(parent_of(at)));
  }
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    std::error_code error;
    if (::mkdir(it->c_str(), 0750) != 0 && (errno != EEXIST || !fs::is_directory(*it, error))) {
      return errno_status(errno, "make folder " + quoted(*it));
    }
    RETURN_IF_ERROR(sync_folder(parent_of(*it)));
  }
  return {};
}

Status sync_folder(const fs::path& folder) {
  const int error = sync_folder_errno(folder);
  return error == 0 ? Status() : errno_status(error, "fsync folder " + quoted(folder));
}

Status rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return errno_status(errno, "rename " + quoted(from) + " to " + quoted(to));
  }
  return {};
}

Status remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return errno_status(errno, "remove " + quoted(path));
  }
  return {};
}

Status write_file_atomically(const fs::path& path, ByteView bytes) {
  const fs::path beside = name_beside(path);
  TRY_ASSIGN(File file, File::create_new(beside));
  Status status = file.write_all(bytes);
  if (status.ok()) {
    status = file.sync();
  }
  file.close();
  if (status.ok()) {
    status = rename_file(beside, path);
  }
  if (!status.ok()) {
    (void)::unlink(beside.c_str());
    return status.while_doing("write " + quoted(path));
  }
  return sync_folder(parent_of(path));
}

Result<std::string> read_file(const fs::path& path, std::uint64_t limit) {
  TRY_ASSIGN(File file, File::open_read(path));
  TRY_ASSIGN(const std::uint64_t size, file.size());
  if (size > limit) {
    return Status(Code::TooLarge, "read " + quoted(path) + ": " + std::to_string(size) + " bytes, the limit is " +
                                      std::to_string(limit));
  }
  std::string bytes(size, '\0');
  const Status status = file.read_at(0, MutableBytes(reinterpret_cast<std::uint8_t*>(bytes.data()), size));
  if (!status.ok()) {
    return status.while_doing("read " + quoted(path));
  }
  return bytes;
}

}  // namespace tessera
