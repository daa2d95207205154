// Decoders: the workers that decode pixels with libtiff and the codecs behind it, in processes that hold nothing but
// the slide's descriptor. Whoever opens slides of others hands some in (slide/sandboxed_pixels.h has their kind); none
// means decoding in this process, which is for files of one's own: tests and fuzzing, where a crash is to be seen.
#pragma once

#include <memory>

namespace tessera::sandbox {
class WorkerPool;
}

namespace tessera::slide {

using Decoders = std::shared_ptr<sandbox::WorkerPool>;

}  // namespace tessera::slide
