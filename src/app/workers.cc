#include "app/workers.h"

#include "archive/frame_codecs.h"
#include "slide/sandboxed_pixels.h"

namespace tessera::app {

std::span<const sandbox::WorkerKind* const> worker_kinds() {
  static constexpr const sandbox::WorkerKind* kKinds[] = {&slide::kTiffPixelsWorker, &archive::kCodecWorker};
  return kKinds;
}

}  // namespace tessera::app
