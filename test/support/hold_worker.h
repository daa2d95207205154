// A parent to be killed: sandbox_test run again as `sandbox_test hold-worker NAME` starts one worker, lets it greet,
// prints its process number and stays in a call for good.
#pragma once

#include <cstdio>

#include "sandbox/worker.h"
#include "support/hostile_workers.h"

namespace tessera::test_support {

inline constexpr char kHoldWorker[] = "hold-worker";

inline int hold_worker(const char* name) {
  sandbox::Launcher launcher;
  const auto worker = sandbox::Worker::start(hostile_worker(name), launcher);
  if (!worker.ok()) {
    return 1;
  }
  std::printf("%d\n", static_cast<int>((*worker)->pid()));
  std::fflush(stdout);
  (void)(*worker)->call({}, {}, {});
  return 1;
}

}  // namespace tessera::test_support
