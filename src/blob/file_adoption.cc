#include "blob/file_adoption.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace tessera::blob {

namespace fs = std::filesystem;

namespace {

Status lock(const File& file, const fs::path& path) {
  return ::flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0 ? Status()
                                                            : errno_status(errno, "lock '" + path.string() + "'");
}

Status not_ours(const fs::path& path, const char* why) {
  return Status(Code::Unsupported, "adopt '" + path.string() + "': " + why);
}

Result<File> clone_of(const File& source, const fs::path& path, const fs::path& unfinished) {
  TRY_ASSIGN(File clone, make_unfinished(unfinished));
  if (::ioctl(clone.descriptor(), FICLONE, source.descriptor()) != 0) {
    (void)::unlink(unfinished.c_str());
    return not_ours(path, "its file system shares no blocks with the data folder");
  }
  return clone;
}

Result<File> take(File source, const fs::path& path, const fs::path& unfinished) {
  struct stat info {};
  if (::fstat(source.descriptor(), &info) != 0) {
    return errno_status(errno, "stat '" + path.string() + "'");
  }
  if (!S_ISREG(info.st_mode) || info.st_nlink != 1 || info.st_uid != ::geteuid()) {
    return not_ours(path, "it is another user's, or has several names");
  }
  if (source.has_writers()) {
    return not_ours(path, "it is being written");
  }
  if (!lock(source, path).ok()) {
    return not_ours(path, "another program has it locked");
  }
  if (::link(path.c_str(), unfinished.c_str()) != 0) {
    return not_ours(path, "it is on another file system");
  }
  struct stat linked {};
  if (::stat(unfinished.c_str(), &linked) != 0 || linked.st_ino != info.st_ino || linked.st_dev != info.st_dev) {
    (void)::unlink(unfinished.c_str());
    return not_ours(path, "another file has its name now");
  }
  return source;
}

}  // namespace

Result<File> make_unfinished(const fs::path& unfinished) {
  TRY_ASSIGN(File file, File::create_new(unfinished));
  RETURN_IF_ERROR(lock(file, unfinished));
  return file;
}

Result<File> adopt_file(const fs::path& path, const fs::path& unfinished, bool may_take) {
  TRY_ASSIGN(File source, File::open_read(path));
  Result<File> clone = clone_of(source, path, unfinished);
  if (clone.ok() || clone.status().code() != Code::Unsupported || !may_take) {
    return clone;
  }
  return take(std::move(source), path, unfinished);
}

}  // namespace tessera::blob
