// FolderSink: converted instances as files, `{folder}/{Series Instance UID}/level-{n}.dcm`, level 0 the
// largest.
//
// A file has its name only when it is whole: it is written beside itself, fsynced, renamed, and the folder
// fsynced. A file of that name that is this very instance (same SOP Instance UID, whose seed covers slide,
// options and converter, and the same length) counts as there and is declined; any other is AlreadyExists.
// One thread's; a partial file is removed when the sink goes.
#pragma once

#include <filesystem>

#include "base/file.h"
#include "convert/converter.h"

namespace tessera::convert {

class FolderSink final : public InstanceSink {
 public:
  explicit FolderSink(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~FolderSink() override;

  Result<bool> begin(const Planned& instance) override;
  Status write(ByteView bytes) override;
  Status end() override;

 private:
  Result<bool> is_there(const Planned& instance) const;
  void discard();

  const std::filesystem::path folder_;
  std::filesystem::path target_, partial_;
  File file_;
  std::uint64_t written_ = 0;
  std::uint64_t handed_over_ = 0;  // bytes the kernel was asked to write out
};

}  // namespace tessera::convert
