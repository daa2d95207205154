// The worker's side: what main() asks first. Everything else of the program stays unstarted in a worker.
#pragma once

#include <optional>
#include <span>

#include "sandbox/worker_kind.h"

namespace tessera::sandbox {

// The exit code when the command line is that of a worker (`PROGRAM sandboxed NAME PARENT`): it has then done its work,
// until its parent closed the socket. Nothing for every other command line.
std::optional<int> run_worker_if_asked(int argc, char** argv, std::span<const WorkerKind* const> kinds);

}  // namespace tessera::sandbox
