#include "app/workers.h"

#include "slide/sandboxed_pixels.h"

namespace tessera::app {

std::span<const sandbox::WorkerKind* const> worker_kinds() {
  static constexpr const sandbox::WorkerKind* kKinds[] = {&slide::kTiffPixelsWorker};
  return kKinds;
}

}  // namespace tessera::app
