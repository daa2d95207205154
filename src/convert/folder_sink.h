// FolderSink: converted instances as files, `{folder}/{Series Instance UID}/{name}.dcm`: level-0 the
// largest, level-1, …, thumbnail, label, overview.
//
// All or none: files are written under temporary names, and finish() fsyncs them, gives them their names and
// fsyncs the folders. One slide costs one round of flushes, however many levels it has. A file of that name
// that is this very instance (same SOP Instance UID, whose seed covers slide, options and converter, and the
// same length) counts as there and is declined; any other is AlreadyExists. One thread's; files that finish()
// did not name are removed when the sink goes, and those of a process that was killed when its instance is next begun:
// a temporary file is locked for as long as somebody writes it.
#pragma once

#include <filesystem>
#include <vector>

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
  Status finish() override;

 private:
  // A file under its temporary name.
  struct Part {
    std::filesystem::path target, partial;
    File file;
    std::uint64_t written = 0;
    std::uint64_t handed_over = 0;  // bytes the kernel was asked to write out
  };
  Status make_series_folder(const std::filesystem::path& folder);
  Status sync_parts();
  static void remove_abandoned(const std::filesystem::path& folder, const std::string& name);
  static Result<bool> is_same(const std::filesystem::path& target, const Planned& instance);
  static void hand_over(Part& part);

  const std::filesystem::path folder_;
  std::filesystem::path series_folder_;  // of one slide there is one
  std::vector<Part> parts_;              // the last one is being written
};

}  // namespace tessera::convert
