// sandboxed_pixels: TiffPixels as the rest of the room has it, decoded in a worker process when the file has Decoders.
// libtiff and its codecs (LZW, JPEG, LZMA, Zstandard …) are what a hostile slide would aim at: there they hold one
// descriptor, open for reading, and nothing else.
//
//   request := u64 number of the image | u64 size of the file | u64 directory | u32 width | u32 height | u16 samples
//              | u16 photometric | u64 offset | u32 length | place          (little-endian; beside it: the descriptor)
//   reply   := `length` bytes of pixels; with length 0, nothing: all of them were decoded and are sound
//
// A worker keeps the image that it decoded last; reads that meet another one begin again.
#pragma once

#include "sandbox/worker_kind.h"
#include "slide/tiff_file.h"
#include "slide/tiff_pixels.h"

namespace tessera::slide {

extern const sandbox::WorkerKind kTiffPixelsWorker;

// The pixels as a RangeSource, each of them decoded once already, so that damage is known: Corrupt or Unsupported
// naming the place. Safe from many threads.
Result<std::shared_ptr<RangeSource>> open_pixels(const TiffFile& file, const PixelsWanted& wanted);

}  // namespace tessera::slide
