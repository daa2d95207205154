// WorkerPool: a few workers of one kind, started when they are needed and used again until they have done enough or
// misbehaved once. What calls for the same input one after the other mostly meets the same worker, but must not count
// on it.
//
// Safe from many threads. The destructor ends calls that are under way (Cancelled) and waits until they have returned.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "sandbox/worker.h"

namespace tessera::sandbox {

class WorkerPool {
 public:
  struct Options {
    std::size_t workers = 2;                // at once; each may take the memory of its limits
    std::uint32_t calls_per_worker = 4096;  // after which a fresh one takes over
  };
  struct Counts {
    std::uint64_t started = 0;
    std::uint64_t broken = 0;
  };

  // `kind` outlives the pool.
  WorkerPool(const WorkerKind& kind, Options options) : kind_(kind), options_(options) {}
  explicit WorkerPool(const WorkerKind& kind) : WorkerPool(kind, Options()) {}
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Worker::call() by the next free worker, all within `time`; Unavailable when none came free.
  Result<ByteBuffer> call(ByteView request, std::span<const int> files, std::chrono::milliseconds time);

  // No further call; those under way end now, Cancelled.
  void stop();

  Counts counts() const;

 private:
  Result<std::unique_ptr<Worker>> take(std::chrono::steady_clock::time_point until);
  void give_back(std::unique_ptr<Worker> worker);
  Status cancelled() const;

  const WorkerKind& kind_;
  const Options options_;
  Launcher launcher_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Worker>> idle_;  // behind mutex_, as all below; the last was used last
  std::vector<Worker*> busy_;
  std::size_t taken_ = 0;  // busy, or being started or ended
  bool stopping_ = false;
  Counts counts_;
};

}  // namespace tessera::sandbox
