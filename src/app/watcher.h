// Watcher: `tessera import --watch`: takes what arrives in a folder and below, for as long as the process runs.
//
// A file is taken once it is whole: it has stood still (size and time of change) for a while and nobody has it open for
// writing. What is imported stays and is remembered, or goes to a folder of its own (`done`), or is gone (ImportRules::
// move); what cannot be imported goes to `errors` with the reason beside it, unless the reason is a server that is down
// or a disk that is full: then it is tried again. Names that begin with '.' and those that programs give unfinished
// files are passed over. One thread; the imports run on ImportJobs.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "app/folder_events.h"
#include "app/import_jobs.h"
#include "app/watch_memory.h"

namespace tessera::app {

struct WatchOptions {
  std::filesystem::path folder;
  std::filesystem::path done;    // empty: what was imported stays
  std::filesystem::path errors;  // empty: {folder}/.tessera-errors
  std::filesystem::path state;   // empty: {folder}/.tessera-imported
  Millis settle{3000};
  Millis rescan{30'000};
};

class Watcher {
 public:
  // The last three are borrowed. Folders of `without` are not looked into.
  static Result<std::unique_ptr<Watcher>> open(WatchOptions options, std::vector<std::filesystem::path> without,
                                               ImportJobs& jobs, ImportReport& report, const StopSignal& stop);
  ~Watcher();

  // Returns once stopped and nothing is in flight.
  void run();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Candidate {
    FileState state;
    Time due;
  };

  Watcher(WatchOptions options, WatchMemory memory, ImportJobs& jobs, ImportReport& report, const StopSignal& stop);

  void scan(const std::filesystem::path& folder);
  void consider(const std::filesystem::path& path);
  void look_again(Time now);
  void start(const std::string& name, const FileState& state);
  void take_events();
  void take_finished();
  bool is_told(const std::string& name, const ImportedFile& file);
  void tell_of_folder(const std::filesystem::path& folder, const std::error_code& error);
  void settle_finished(const std::string& name, const ImportedFile& file);
  void set_aside(const std::string& name, const Status& reason);
  void remember(const std::string& name, const FileState& state);
  Millis until_next(Time now) const;
  bool is_passed_over(const std::filesystem::path& path) const;

  const WatchOptions options_;
  std::vector<std::filesystem::path> without_;
  WatchMemory memory_;
  ImportJobs& jobs_;
  ImportReport& report_;
  const StopSignal& stop_;
  FolderEvents events_;
  bool told_of_watches_ = false;
  std::map<std::string, Candidate> candidates_;       // by path below the folder
  std::map<std::string, FileState> in_flight_;        // as they were when they were begun
  std::map<std::string, std::string> failed_before_;  // files that are tried again: what was said of them last
  std::set<std::filesystem::path> unreadable_;        // folders that were told of
  Time next_scan_{};
  const int finished_event_;  // eventfd: a job is done
  std::mutex mutex_;
  std::vector<std::pair<std::string, ImportedFile>> finished_;  // guarded by mutex_
};

}  // namespace tessera::app
