// fences: what a worker takes away from itself before the first byte from outside reaches it. One thread, at its start.
//
// Must hold, or the worker ends: no new privileges, no core, no dump, no file of its own writing, limits on memory,
// processor time, descriptors and processes, death with the parent, the list of allowed system calls (which ends the
// process at the first call beside it). Root becomes nobody, where there is one.
// Where the kernel allows it, also: namespaces of its own for users, network, IPC, mounts and host name, and Landlock
// without any path. The list of calls alone stops all that these stop; they are there for the day it has a hole.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.h"
#include "sandbox/worker_kind.h"

namespace tessera::sandbox {

struct Fences {
  bool namespaces = false;
  bool landlock = false;
  bool memory = false;  // not under sanitizers
};

// `parent`: the process that is to be there; Unavailable when it is gone. Internal and Unavailable name the fence that
// could not be put up.
Result<Fences> raise_fences(const WorkerKind& kind, pid_t parent);

// One byte, as a worker tells it when it is ready, and back.
std::uint8_t encode_fences(const Fences& fences);
Fences decode_fences(std::uint8_t byte);

// Lets through the calls of the table in system_calls.cc; the process ends at any other. Also for its other threads.
Status allow_system_calls();

}  // namespace tessera::sandbox
