// FileSource: an opened blob file as a RangeSource with a plain descriptor, so that ranges leave by sendfile.
#pragma once

#include <cstdint>

#include "base/file.h"
#include "base/rope.h"

namespace tessera::blob {

class FileSource final : public RangeSource {
 public:
  FileSource(File file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

  std::uint64_t size() const override { return size_; }
  int plain_descriptor() const override { return file_.descriptor(); }
  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override;

 private:
  const File file_;
  const std::uint64_t size_;
};

}  // namespace tessera::blob
