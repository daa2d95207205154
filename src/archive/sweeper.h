// Sweeper: the housekeeping thread of a process. Renews the leases of this process's uploads, reclaims what dead
// processes left (pending rows whose lease ran out, unfinished files), removes deleted blobs, and keeps the locator's
// epoch fresh. Any process of a data folder may sweep at any time; two at once do no harm.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "archive/locator.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"

namespace tessera::archive {

class Sweeper {
 public:
  struct Options {
    std::string owner;
    Millis lease{60'000};
    Millis epoch_interval{400};  // how stale a cached locate may be, at most (design §4.7 allows a second)
    Millis sweep_interval{10'000};
  };
  // All borrowed. The thread starts at once, with a sweep.
  Sweeper(blob::BlobStore& blobs, catalog::Instances& instances, Locator& locator, Log& log, Options options);
  ~Sweeper();

  // Something was deleted: reclaim it now rather than at the next interval.
  void wake();

 private:
  void run();
  void tend(bool sweep_due);

  blob::BlobStore& blobs_;
  catalog::Instances& instances_;
  Locator& locator_;
  Log& log_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  bool woken_ = true;      // guarded by mutex_
  std::thread thread_;
};

struct SweepReport {
  std::uint64_t expired = 0;     // uploads whose lease ran out: garbage from now on
  std::uint64_t blobs = 0;       // garbage that was removed
  std::uint64_t deletions = 0;   // records of deletions whose last blob has gone
  std::uint64_t unfinished = 0;  // files that dead writers left
};

// One sweep. Blocks. For the thread above, for tests and `admin gc`.
Result<SweepReport> sweep(blob::BlobStore& blobs, catalog::Instances& instances);

}  // namespace tessera::archive
