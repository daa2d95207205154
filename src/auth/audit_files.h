// AuditFiles: appends lines to the one chain of an audit folder, which any number of processes share. Each append holds
// the folder's lock, goes on from wherever the chain ends by then, and is on the disk when it returns. Used by
// AuditTrail; one thread's.
//
// What a crash left behind is closed by the next append: the rest of a line that was being written stays where it is,
// and a line `repaired` after it holds its length and SHA-256. Where lines that were on the disk are gone or changed,
// the chain goes on with a line `broken`, which verification reports for ever.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "auth/audit_folder.h"
#include "base/file.h"
#include "base/result.h"

namespace tessera::auth {

class AuditFiles {
 public:
  struct Options {
    std::filesystem::path folder;  // made (0700) when it is not there
    std::uint64_t max_file_bytes = std::uint64_t{64} << 20;
  };
  static Result<std::unique_ptr<AuditFiles>> open(Options options);

  // One line for each body, in order; all or none. Unavailable when another process keeps the lock for long.
  Status append(std::span<const std::string> bodies);

  // The last line that this process wrote or found.
  const AuditEnd& end() const { return end_; }
  std::uint64_t lines() const { return lines_; }

 private:
  explicit AuditFiles(Options options, File lock, File last);

  Status lock();
  Status append_locked(std::span<const std::string> bodies);
  Status follow();
  Status find_end();
  Status open_file(const std::string& name);
  Status read_tail(const std::string& name);
  Status check_last(const std::optional<AuditEnd>& last);
  void add_line(std::string& batch, AuditEnd& end, std::string_view body) const;
  bool wants_new_file(const std::string& date) const;
  Status write(std::string_view batch);
  Result<File> start_file(const std::string& date) const;
  void reserve();
  void write_last();

  const Options options_;
  File lock_;
  File last_;
  File file_;               // where the chain ends
  AuditEnd end_;            // of the chain, as known
  std::uint64_t torn_ = 0;  // bytes after it that are no line
  std::string torn_hash_;
  std::string broken_;  // members of the line that says what is wrong with what was found; empty: nothing
  std::uint64_t reserved_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace tessera::auth
