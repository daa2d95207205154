// FrameCodecs: the codecs of codec/codecs.h for bytes that came from outside. What a library of others would read goes
// to a sandbox worker, a process that holds nothing but the frame; native and RLE frames, which our own code reads, do
// not. Used by archive/transcode.h.
//
//   request := u8 what (0 decode, 1 transcode, 2 sample a colour profile: `quality` is the space, `frame` the profile)
//   | u8 quality | u8 length of from | u8 length of to | u32 rows
//              | u32 columns | u16 samples | u16 allocated | u16 stored | u16 high bit | u8 signed | u8 by plane
//              | u8 photometric | u8 zero | from | to | frame                                      (little-endian)
//   reply   := the pixels, the frame in the other syntax, or the table
//
// Safe from many threads; calls block, for as long as the frame takes or until one of the workers is free.
#pragma once

#include <string_view>

#include "codec/codecs.h"
#include "codec/color_table.h"
#include "sandbox/worker_kind.h"
#include "sandbox/worker_pool.h"

namespace tessera::archive {

extern const sandbox::WorkerKind kCodecWorker;

class FrameCodecs {
 public:
  // So many frames at once.
  explicit FrameCodecs(std::size_t workers);

  // As decode_frame() and transcode_frame(). Corrupt also for a frame on which the worker died, TooLarge for one that
  // took more time or memory than a worker has, Unavailable when no worker can be had.
  Result<codec::Pixels> decode(std::string_view syntax, const codec::PixelLayout& header, ByteView frame);
  Result<ByteBuffer> transcode(std::string_view from, std::string_view to, const codec::PixelLayout& header,
                               const codec::EncodeOptions& options, ByteView frame);

  // As codec::sample_profile().
  Result<ByteBuffer> sample_profile(ByteView icc, codec::ColorSpace to);

  sandbox::WorkerPool::Counts counts() const { return workers_.counts(); }

 private:
  sandbox::WorkerPool workers_;
};

}  // namespace tessera::archive
