#include "slide/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace tessera::slide {

FileSource::FileSource(File file, std::uint64_t size, std::string name)
    : file_(std::move(file)), size_(size), name_(std::move(name)) {}

Result<std::shared_ptr<FileSource>> FileSource::open(const std::filesystem::path& path) {
  TRY_ASSIGN(File file, File::open_read(path));
  struct stat info {};
  if (::fstat(file.descriptor(), &info) != 0) {
    return errno_status(errno, "stat '" + path.string() + "'");
  }
  if (!S_ISREG(info.st_mode)) {
    return Status(Code::InvalidArgument, "open '" + path.string() + "': it is no regular file");
  }
  ::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);  // a wider read-ahead window; best effort
  return std::shared_ptr<FileSource>(
      new FileSource(std::move(file), static_cast<std::uint64_t>(info.st_size), path.filename().string()));
}

std::shared_ptr<FileSource> FileSource::of(File file, std::uint64_t size, std::string name) {
  return std::shared_ptr<FileSource>(new FileSource(std::move(file), size, std::move(name)));
}

void FileSource::read(std::uint64_t offset, MutableBytes into, ReadDone done) {
  const Status status = read_now(offset, into);
  done(status.ok() ? Result<std::size_t>(into.size()) : Result<std::size_t>(status));
}

Status FileSource::read_now(std::uint64_t offset, MutableBytes into) const {
  if (offset > size_ || into.size() > size_ - offset) {
    return Status(Code::IoError, name_ + ": " + std::to_string(into.size()) + " bytes at byte " +
                                     std::to_string(offset) + " lie beyond its end (" + std::to_string(size_) + ")");
  }
  return file_.read_at(offset, into).while_doing(name_);
}

}  // namespace tessera::slide
