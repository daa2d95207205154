// FakeClock: a clock that stands still until it is wound.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace tessera::test {

class FakeClock final : public Clock {
 public:
  std::int64_t wall_millis() const override { return wall_.load(); }
  std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point(Millis(wall_.load()));
  }
  void advance(Millis by) { wall_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> wall_{1'700'000'000'000};
};

}  // namespace tessera::test
