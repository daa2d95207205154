// ImportJobs: several files in flight. Each job is a thread with a Destination of its own, so that one file's disk,
// parser or network waits while another's works, and one file's failure is its own.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "app/import_report.h"
#include "app/importer.h"
#include "base/pool.h"

namespace tessera::app {

class ImportJobs {
 public:
  using MakeDestination = std::function<std::unique_ptr<Destination>()>;

  // The last three are borrowed.
  ImportJobs(unsigned jobs, const MakeDestination& make, const ImportRules& rules, ImportReport& report,
             const StopSignal& stop);

  // Imports all that `walk` finds; returns at its end, or once stopped and what was in flight has ended. One thread.
  void run(FileWalk& walk);

  // Imports one file when a job is free; `done` is called on the job's thread.
  void post(FoundFile file, std::function<void(const ImportedFile&)> done);

 private:
  ImportedFile import(const FoundFile& file);

  const ImportRules& rules_;
  ImportReport& report_;
  const StopSignal& stop_;
  Importer::GivenUp given_up_{false};
  const unsigned jobs_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Destination>> idle_;  // guarded by mutex_: at least one while a job runs
  Pool pool_;                                       // last: its threads end before the rest goes
};

}  // namespace tessera::app
