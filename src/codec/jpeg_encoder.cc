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
  const std::string size = std::to_string(pixels.width) + " x " + std::to_string(pixels.height);
  if (pixels.width == 0 || pixels.height == 0 || pixels.width > kMaxSide || pixels.height > kMaxSide) {
    return Status(Code::InvalidArgument, "encode JPEG: an image of " + size + " pixels; a side is 1 to 65535");
  }
  const int width = static_cast<int>(pixels.width);
  const int height = static_cast<int>(pixels.height);
  const int sampling = subsampling(state_->options.sampling);
  state_->scratch.resize(tjBufSize(width, height, sampling));
  unsigned char* out = state_->scratch.data();
  unsigned long length = state_->scratch.size();
  if (tjCompress2(state_->handle, pixels.first, width, 0, height, TJPF_RGB, &out, &length, sampling,
                  state_->options.quality, TJFLAG_NOREALLOC) != 0) {
    return Status(Code::Internal, "encode JPEG of " + size + ": " + tjGetErrorStr2(state_->handle));
  }
  return ByteBuffer(out, out + length);
}

}  // namespace tessera::codec
