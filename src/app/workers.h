// The table of the program's sandbox workers: what `tessera sandboxed NAME` may be. A new one is one row.
#pragma once

#include <span>

#include "sandbox/worker_kind.h"

namespace tessera::app {

std::span<const sandbox::WorkerKind* const> worker_kinds();

}  // namespace tessera::app
