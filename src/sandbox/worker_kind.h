// WorkerKind: one row of the table of workers, the programs inside the program that read hostile bytes with libraries
// we did not write (libtiff, later JPEG 2000, OpenSlide …). The parent starts a worker by running itself again
// (`tessera sandboxed NAME`); both sides look its name, limits and body up in one and the same table.
//
// The table is constant and lives as long as the program. A body runs in its own process, one call at a time, behind
// the fences of sandbox/fences.h: it holds what it was handed and can ask the kernel for memory and the time, no more.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"

namespace tessera::sandbox {

// What a call may bring: bytes, and descriptors that the parent opened (an input file, a memfd to fill).
// Corrupt, Unsupported, TooLarge, InvalidArgument and IoError come to the caller as they are; any other code, as
// Internal.
using WorkerBody = std::function<Result<ByteBuffer>(ByteView request, std::vector<File> files)>;

struct Limits {
  std::uint64_t memory = std::uint64_t{512} << 20;  // beyond what the program maps at its start; mmap counts too
  std::uint32_t cpu_seconds = 60;                   // of its whole life; a pool retires it at half of that
  std::uint32_t request_bytes = 1 << 20;
  std::uint32_t reply_bytes = 16 << 20;
  std::uint32_t files = 4;  // descriptors that it holds, those of the request in hand among them
};

struct WorkerKind {
  std::string_view name;  // up to 15 characters: top shows it
  Limits limits;
  // Called before the fences close: what a library must load or ask of the system at its start belongs here.
  WorkerBody (*make)();
};

}  // namespace tessera::sandbox
