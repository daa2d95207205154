// The workers of sandbox_test: the good one and those that try what a taken-over process would try. They are in that
// program alone (src/sandbox/hostile_workers_test.cc, which also has its main()).
#pragma once

#include "sandbox/worker_kind.h"

namespace tessera::test_support {

// By name; ends the test program when there is none of that name.
const sandbox::WorkerKind& hostile_worker(std::string_view name);

}  // namespace tessera::test_support
