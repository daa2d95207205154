#include "codec/jpeg_encoder.h"

#include <turbojpeg.h>

#include <string>

namespace tessera::codec {

namespace {

constexpr std::uint32_t kMaxSide = 65535;

int subsampling(JpegSampling sampling) {
  switch (sampling) {
    case JpegSampling::Full444:
      return TJSAMP_444;
    case JpegSampling::Half422:
      return TJSAMP_422;
    case JpegSampling::Half420:
      break;
  }
  return TJSAMP_420;
}

}  // namespace

struct JpegEncoder::State {
  tjhandle handle = nullptr;
  JpegOptions options;
  ByteBuffer scratch;  // large enough for the worst case: the library never allocates

  ~State() {
    if (handle) {
      tjDestroy(handle);
    }
  }
};

JpegEncoder::JpegEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
JpegEncoder::~JpegEncoder() = default;
JpegEncoder::JpegEncoder(JpegEncoder&&) noexcept = default;
JpegEncoder& JpegEncoder::operator=(JpegEncoder&&) noexcept = default;

Result<JpegEncoder> JpegEncoder::create(JpegOptions options) {
  if (options.quality < 1 || options.quality > 100) {
    return Status(Code::InvalidArgument,
                  "encode JPEG: quality " + std::to_string(options.quality) + " is not within 1 to 100");
  }
  auto state = std::make_unique<State>();
  state->options = options;
  state->handle = tjInitCompress();
  if (!state->handle) {
    return Status(Code::Internal, "encode JPEG: " + std::string(tjGetErrorStr2(nullptr)));
  }
  return JpegEncoder(std::move(state));
}

Result<ByteBuffer> JpegEncoder::encode(RgbPixels pixels) {
  return compress(pixels.first, pixels.width, pixels.height, false);
}

Result<ByteBuffer> JpegEncoder::encode_gray(GrayPixels pixels) {
  return compress(pixels.first, pixels.width, pixels.height, true);
}

Result<ByteBuffer> JpegEncoder::compress(const std::uint8_t* first, std::uint32_t width, std::uint32_t height,
                                         bool gray) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide) {
    return Status(Code::InvalidArgument, "encode JPEG: an image of " + size + " pixels; a side is 1 to 65535");
  }
  const int columns = static_cast<int>(width);
  const int rows = static_cast<int>(height);
  const int sampling = gray ? TJSAMP_GRAY : subsampling(state_->options.sampling);
  state_->scratch.resize(tjBufSize(columns, rows, sampling));
  unsigned char* out = state_->scratch.data();
  unsigned long length = state_->scratch.size();
  if (tjCompress2(state_->handle, first, columns, 0, rows, gray ? TJPF_GRAY : TJPF_RGB, &out, &length, sampling,
                  state_->options.quality, TJFLAG_NOREALLOC) != 0) {
    return Status(Code::Internal, "encode JPEG of " + size + ": " + tjGetErrorStr2(state_->handle));
  }
  return ByteBuffer(out, out + length);
}

}  // namespace tessera::codec
