// Transcoder: frames of stored instances as pixels, or in another transfer syntax, one frame at a time. Used by frames
// and instances that are asked for in a syntax they are not stored in, and by rendering.
//
// Safe from many threads; everything here blocks, for as long as decoding takes. Failures name the frame and the
// instance: Corrupt and Unsupported are the frame's own, others stay sound.
#pragma once

#include <memory>
#include <string_view>

#include "archive/frame_codecs.h"
#include "archive/frames.h"
#include "archive/image_pixels.h"
#include "archive/locator.h"
#include "base/lru.h"

namespace tessera::archive {

class Transcoder {
 public:
  // `locator` is borrowed. `workers`: frames of foreign codecs at once.
  Transcoder(Locator& locator, std::size_t workers) : locator_(locator), codecs_(workers), pixels_(kInstances) {}

  Result<std::shared_ptr<const ImagePixels>> pixels(const Located& located);

  // What the header says of frames in that syntax. Unsupported when they cannot come in it, saying why; a lossy syntax
  // wants a quality of 1 to 100.
  Result<codec::PixelLayout> layout_in(const Located& located, std::string_view syntax, int quality);
  // `number` has passed check_frame. The layout is layout_in()'s; `quality` is for lossy syntaxes.
  Result<Rope> frame(const Located& located, dicom::FrameNumber number, std::string_view syntax, int quality);
  Result<codec::Pixels> decode(const Located& located, dicom::FrameNumber number);

  // As codec::sample_profile(), in a worker.
  Result<ByteBuffer> sample_profile(ByteView icc, codec::ColorSpace to) { return codecs_.sample_profile(icc, to); }

  const FrameCodecs& codecs() const { return codecs_; }

 private:
  static constexpr std::size_t kInstances = 4096;

  Result<ByteBuffer> stored_bytes(const Located& located, dicom::FrameNumber number, const ImagePixels& pixels);

  Locator& locator_;
  FrameCodecs codecs_;
  Lru<std::int64_t, std::shared_ptr<const ImagePixels>> pixels_;  // by watermark
};

}  // namespace tessera::archive
