#include "codec/jpeg_ijg.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>

#include <memory>
#include <string>
#include <utility>

namespace tessera::codec {

namespace {

// DCMTK would write its own lines to the standard error.
void silence() {
  static const bool done = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    return true;
  }();
  (void)done;
}

std::unique_ptr<DJDecoder> decoder_for(unsigned precision, const DJCodecParameter& parameters, bool ybr) {
  if (precision <= 8) {
    return std::make_unique<DJDecompressIJG8Bit>(parameters, ybr);
  }
  if (precision <= 12) {
    return std::make_unique<DJDecompressIJG12Bit>(parameters, ybr);
  }
  return std::make_unique<DJDecompressIJG16Bit>(parameters, ybr);
}

}  // namespace

Status decode_by_ijg(ByteView frame, unsigned precision, bool to_rgb, Pixels& pixels) {
  silence();
  const DJCodecParameter parameters(ECC_lossyYCbCr, to_rgb ? EDC_photometricInterpretation : EDC_never, EUC_default,
                                    EPC_colorByPixel);
  const std::unique_ptr<DJDecoder> decoder = decoder_for(precision, parameters, to_rgb);
  const std::size_t sample = decoder->bytesPerSample();
  const std::uint16_t bits_allocated = pixels.layout.bits_allocated;
  pixels.layout.bits_allocated = static_cast<std::uint16_t>(sample * 8);
  pixels.bytes.assign(pixels.layout.bytes(), 0);
  OFCondition result = decoder->init();
  if (result.good()) {
    // It only reads the compressed bytes, whatever its signature says.
    result = decoder->decode(const_cast<std::uint8_t*>(frame.data()), static_cast<Uint32>(frame.size()),
                             pixels.bytes.data(), static_cast<Uint32>(pixels.bytes.size()), OFFalse);
  }
  if (result.bad()) {
    return Status(Code::Corrupt, "JPEG: " + std::string(result.text()));
  }
  widen_samples(pixels, bits_allocated);
  return {};
}

}  // namespace tessera::codec
