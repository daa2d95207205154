// WatchMemory: which files of a watched folder were imported and left there, so that a restart imports nothing twice. A
// text file, one line per import: size, time of change (ns), path below the folder with '%', CR and LF as %XX:
//
//     524288 1700000000000000000 2024/slide 1.svs
//
// Lines are appended as files are done, without fsync: what a crash loses is imported again, and recognised by the
// archive. A line that cannot be read is dropped. Held and locked while open, so that two imports do not watch one
// folder. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace tessera::app {

// A file as it is now: if these are the same, so are its bytes.
struct FileState {
  std::uint64_t size = 0;
  std::int64_t modified_nanos = 0;
  bool operator==(const FileState&) const = default;
};

// NotFound when it is not there, Unsupported when it is no file.
Result<FileState> state_of(const std::filesystem::path& path);

class WatchMemory {
 public:
  static constexpr std::uint64_t kMaxBytes = 1ull << 30;

  // Reads what is there, and forgets files of `folder` that are gone or changed. Busy when another process has it open.
  static Result<WatchMemory> open(const std::filesystem::path& file, const std::filesystem::path& folder);

  bool knows(const std::string& name, const FileState& state) const;
  // Where the file is gone (its folder was removed and made again) a new one gets all that is known.
  Status add(const std::string& name, const FileState& state);

 private:
  Status open_file();
  bool is_in_place() const;

  std::filesystem::path path_;
  File file_;
  std::map<std::string, FileState> known_;
};

}  // namespace tessera::app
