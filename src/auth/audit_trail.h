// AuditTrail: takes what happened from any thread and has one thread write it to the chain (audit_files.h) in batches.
// One per process; the composition root owns it, everything that serves, stores or deletes borrows it.
//
// The promise (doc/audit.md): nobody is told that a change was done before its line is on the disk. ready() is asked
// before a change begins, commit() before it is answered. When the trail cannot be written, changes are refused
// (NoSpace, Unavailable); a line of one that was under way is kept in memory and tried again every second. Reads never
// wait: where there is no room for their lines they are counted, and a line `lost` says how many.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "auth/audit_event.h"
#include "auth/audit_files.h"
#include "auth/audit_limit.h"
#include "auth/audit_reads.h"
#include "base/log.h"
#include "base/result.h"

namespace tessera::auth {

class AuditTrail {
 public:
  struct Options {
    std::filesystem::path folder;
    bool required = true;                     // false: changes go on when the trail cannot be written
    bool query_values = true;                 // false: of searches only the names of the attributes
    std::int64_t window_micros = 60'000'000;  // AuditReads
    std::uint64_t max_file_bytes = std::uint64_t{64} << 20;
    std::size_t max_queue_bytes = std::size_t{8} << 20;  // of reads; changes are let in up to four times that
  };
  struct Counts {
    std::uint64_t lines = 0, lost = 0, queued_bytes = 0;
    bool failing = false;
  };

  // `log` is borrowed: it is told where the chain ends, now and then, for whoever wants to check the trail against it.
  static Result<std::unique_ptr<AuditTrail>> open(Options options, Log& log);
  // Writes what is there.
  ~AuditTrail();

  const Options& options() const { return options_; }

  // Whether a change may begin.
  Status ready() const;

  // A line of its own; lost (and counted) where there is no room. Never blocks for long.
  void note(const AuditEvent& event);
  // As note(), once its line is on the disk: `then` is called on the trail's thread, ok or with why it is not there.
  void commit(const AuditEvent& event, std::function<void(const Status&)> then);
  // As commit(), and blocks.
  Status commit(const AuditEvent& event);
  // Of the two that follow, add() counts together, and note_limited() does so for a client that floods.
  void add(const AuditRead& read);
  void note_limited(const AuditEvent& event, const AuditRead& as_read);

  Counts counts() const;

 private:
  using Then = std::function<void(const Status&)>;

  AuditTrail(Options options, std::unique_ptr<AuditFiles> files, Log& log);

  bool push(std::string body, Then then);
  void run();
  bool write(std::vector<std::string>& bodies);
  void anchor(const char* why);
  void fail(const Status& why);

  const Options options_;
  Log& log_;
  AuditReads reads_;
  AuditLimit limit_;
  std::atomic<std::uint64_t> lost_{0};      // since the last line that said so
  std::atomic<std::uint64_t> all_lost_{0};  // since the start
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<bool> failing_{false};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> queue_;  // guarded by mutex_
  std::vector<Then> waiting_;       // guarded by mutex_
  std::size_t queued_bytes_ = 0;    // guarded by mutex_; with what could not be written yet
  Status failure_;                  // guarded by mutex_
  bool stopping_ = false;           // guarded by mutex_

  std::unique_ptr<AuditFiles> files_;  // the thread's
  std::int64_t next_anchor_ = 0;       // the thread's
  std::uint64_t anchored_ = 0;         // the thread's
  std::thread thread_;
};

}  // namespace tessera::auth
