// PolicySource: the policy as it is now. Read at start, where a broken file is refused; read again when the file
// changed (looked at twice a second) or on SIGHUP, where a broken one is told in the log and the old policy stays. A
// request keeps the policy that it began with. Safe from all threads; current() never blocks on the disk.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "auth/policy.h"
#include "base/log.h"
#include "base/result.h"
#include "base/ticker.h"

namespace tessera::auth {

class PolicySource {
 public:
  // The file's policy, or the built-in one (`open`: for everybody) where `file` is empty. `log` is borrowed.
  static Result<std::unique_ptr<PolicySource>> make(const std::filesystem::path& file, bool open, Log& log);
  // One that never changes.
  explicit PolicySource(Policy policy);

  std::shared_ptr<const Policy> current() const;
  // Reads the file now, changed or not.
  void reload();

 private:
  // What tells one version of the file from another.
  struct Stamp {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  PolicySource(std::filesystem::path file, Log& log);
  static std::optional<Stamp> stamp_of(const std::filesystem::path& file);
  Status read();
  void look();
  void say(const Status& status);

  const std::filesystem::path file_;
  Log* const log_ = nullptr;

  std::mutex reading_;
  std::optional<Stamp> stamp_;  // of what was read last; guarded by reading_

  mutable std::mutex mutex_;
  std::shared_ptr<const Policy> policy_;  // guarded by mutex_

  std::optional<Ticker> ticker_;  // last: its thread uses the rest
};

// The policy in a file, once: for commands that end. The built-in one where `file` is empty.
Result<Policy> read_policy(const std::filesystem::path& file, bool open);

}  // namespace tessera::auth
