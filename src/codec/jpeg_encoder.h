// JpegEncoder: RGB or grey pixels to a whole baseline JPEG (JFIF, YCbCr, tables included), by libjpeg-turbo.
//
// The same pixels and settings give the same bytes. An encoder keeps its working memory between calls and is
// one thread's at a time; whoever encodes on several threads makes one for each.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::codec {

enum class JpegSampling { Full444, Half422, Half420 };

struct JpegOptions {
  int quality = 80;                               // 1 to 100, as the IJG's tables scale
  JpegSampling sampling = JpegSampling::Half420;  // of the chroma
};

// Interleaved 8-bit RGB, borrowed; rows stand without gaps.
struct RgbPixels {
  const std::uint8_t* first = nullptr;
  std::uint32_t width = 0, height = 0;
};

// 8-bit grey, likewise.
struct GrayPixels {
  const std::uint8_t* first = nullptr;
  std::uint32_t width = 0, height = 0;
};

class JpegEncoder {
 public:
  // InvalidArgument for a quality outside 1 to 100.
  static Result<JpegEncoder> create(JpegOptions options);
  ~JpegEncoder();
  JpegEncoder(JpegEncoder&&) noexcept;
  JpegEncoder& operator=(JpegEncoder&&) noexcept;

  // InvalidArgument for a size of 0 or above 65535 (T.81 B.2.2); Internal with the library's words when it
  // refuses.
  Result<ByteBuffer> encode(RgbPixels pixels);
  // The same of one byte a pixel: a JPEG of one component.
  Result<ByteBuffer> encode_gray(GrayPixels pixels);

 private:
  struct State;
  Result<ByteBuffer> compress(const std::uint8_t* first, std::uint32_t width, std::uint32_t height, bool gray);
  explicit JpegEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tessera::codec
