// Ticker: calls a function every so often on a thread of its own, until it goes out of scope. For what must follow the
// outside world without anybody asking: files that may change, rows that other processes write.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"

namespace tessera {

class Ticker {
 public:
  // The first call comes after one interval. `name` (up to 15 characters) shows in top.
  Ticker(std::string name, Millis interval, std::function<void()> tick);
  // Waits for a call under way.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  const Millis interval_;
  const std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses the rest
};

}  // namespace tessera
