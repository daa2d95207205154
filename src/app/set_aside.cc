#include "app/set_aside.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

constexpr int kMostOfOneName = 100'000;
constexpr std::size_t kPiece = 1024 * 1024;

fs::path numbered(const fs::path& target, int number) {
  if (number == 0) {
    return target;
  }
  return target.parent_path() / (target.stem().string() + "." + std::to_string(number) + target.extension().string());
}

// 0, or the errno; never replaces.
int rename_errno(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  // A file system without RENAME_NOREPLACE; nobody else names files here.
  std::error_code error;
  if (fs::exists(to, error)) {
    return EEXIST;
  }
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

Status copy_and_remove(const fs::path& from, const fs::path& to) {
  TRY_ASSIGN(const File source, File::open_read(from));
  TRY_ASSIGN(const std::uint64_t size, source.size());
  const fs::path unfinished = to.string() + ".part";
  RETURN_IF_ERROR(remove_file(unfinished));
  TRY_ASSIGN(File copy, File::create_new(unfinished));
  ByteBuffer piece(kPiece);
  Status status;
  for (std::uint64_t at = 0; status.ok() && at < size; at += kPiece) {
    const MutableBytes part(piece.data(), std::min<std::uint64_t>(kPiece, size - at));
    status = source.read_at(at, part);
    status = status.ok() ? copy.write_all(part) : status;
  }
  status = status.ok() ? copy.sync() : status;
  if (status.ok()) {
    const int failed = rename_errno(unfinished, to);
    status = failed == 0 ? sync_folder(to.parent_path()) : errno_status(failed, "name '" + to.string() + "'");
  }
  if (!status.ok()) {
    (void)::unlink(unfinished.c_str());
    return status;
  }
  return remove_file(from);
}

}  // namespace

Result<fs::path> move_into(const fs::path& file, const fs::path& target) {
  RETURN_IF_ERROR(make_folders_durably(target.parent_path()));
  for (int number = 0; number < kMostOfOneName; ++number) {
    const fs::path to = numbered(target, number);
    std::error_code error;
    int failed = fs::exists(to, error) ? EEXIST : rename_errno(file, to);
    if (failed == EXDEV) {
      const Status copied = copy_and_remove(file, to);
      if (copied.code() == Code::AlreadyExists) {
        continue;
      }
      RETURN_IF_ERROR(copied.while_doing("move '" + file.string() + "' to '" + to.string() + "'"));
      return to;
    }
    if (failed == 0) {
      return to;
    }
    if (failed != EEXIST) {
      return errno_status(failed, "move '" + file.string() + "' to '" + to.string() + "'");
    }
  }
  return Status(Code::AlreadyExists,
                "move '" + file.string() + "': every name like '" + target.string() + "' is taken");
}

Status write_reason(const fs::path& file, const Status& reason) {
  return write_file_atomically(file.string() + ".error.txt", as_bytes(std::string(reason.message()) + "\n"));
}

}  // namespace tessera::app
