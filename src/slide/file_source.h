// FileSource: a slide's file as a RangeSource, so that tiles are ranges of it and the HTTP layer may send
// them by sendfile. Opened once; reads are pread, from any number of threads. The descriptor closes with the
// last rope.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/rope.h"

namespace tessera::slide {

class FileSource final : public RangeSource {
 public:
  // Regular files only: a folder, a pipe or a device is InvalidArgument.
  static Result<std::shared_ptr<FileSource>> open(const std::filesystem::path& path);

  // A file that somebody else opened, of that size and name: what a worker is handed.
  static std::shared_ptr<FileSource> of(File file, std::uint64_t size, std::string name);

  // The file's name without its folders: what messages call it.
  const std::string& name() const { return name_; }

  std::uint64_t size() const override { return size_; }
  int plain_descriptor() const override { return file_.descriptor(); }
  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override;

  // Fills `into`, for code that has the file itself: IoError naming the file when it has become shorter than
  // at open.
  Status read_now(std::uint64_t offset, MutableBytes into) const;

 private:
  FileSource(File file, std::uint64_t size, std::string name);

  const File file_;
  const std::uint64_t size_;
  const std::string name_;
};

}  // namespace tessera::slide
