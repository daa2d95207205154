// Pool: threads for work that blocks (SQL, fsync, opening files, parsing), so that I/O loops never do.
//
// post() may be called from any thread; tasks of one pool run at once on up to `threads` threads, in no
// promised order. Whoever needs order chains its own work: the next task is posted by the one before.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tessera {

class Pool {
 public:
  // `name` (up to 11 characters are kept) shows in top and in crash reports. At least one thread is made. `niceness`:
  // above 0, its threads run after those of others where all want to (best effort: a service may not be let).
  Pool(std::string name, unsigned threads, int niceness = 0);
  // Finishes what was posted, then joins.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A task must not throw: nobody is left to catch it.
  void post(std::function<void()> task);

  // Tasks waiting now: a metric, not something to decide by.
  std::size_t waiting() const;
  // Threads at work now; another metric.
  std::size_t busy() const;
  std::size_t threads() const { return threads_.size(); }

 private:
  void run();

  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;  // guarded by mutex_
  bool stopping_ = false;                    // guarded by mutex_
  std::size_t busy_ = 0;                     // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace tessera
