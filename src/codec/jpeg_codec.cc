#include "codec/jpeg_codec.h"

#include <turbojpeg.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "codec/jpeg_encoder.h"
#include "codec/jpeg_ijg.h"
#include "codec/jpeg_segments.h"
#include "codec/jpeg_stream.h"

namespace tessera::codec {

namespace {

constexpr std::uint8_t kLossless = 0xC3;  // SOF3
constexpr std::array<std::uint8_t, 3> kDct = {0xC0, 0xC1, 0xC2};

bool is_dct(const JpegHead& head) {
  return head.sof == kDct[0] || head.sof == kDct[1] || head.sof == kDct[2];
}

Status contradicts(const JpegHead& head, const PixelLayout& header) {
  return Status(Code::Corrupt, "JPEG of " + std::to_string(head.width) + " x " + std::to_string(head.height) + " x " +
                                   std::to_string(head.components.size()) + " samples of " +
                                   std::to_string(head.precision) + " bits, where the header promises " +
                                   std::to_string(header.columns) + " x " + std::to_string(header.rows) + " x " +
                                   std::to_string(header.samples) + " of " + std::to_string(header.bits_allocated));
}

Result<JpegHead> checked_head(ByteView frame, const PixelLayout& header) {
  TRY_ASSIGN(const auto head, scan_jpeg_head(frame));
  if (!head) {
    return Status(Code::Corrupt, "JPEG: its " + std::to_string(frame.size()) + " bytes end before the first scan");
  }
  if (head->width != header.columns || head->height != header.rows || head->components.size() != header.samples ||
      head->precision > header.bits_allocated) {
    return contradicts(*head, header);
  }
  if (header.samples != 1 && header.samples != 3) {
    return Status(Code::Unsupported, "JPEG of " + std::to_string(header.samples) + " samples a pixel is not decoded");
  }
  return *head;
}

bool is_ybr(const JpegHead& head, const PixelLayout& header) {
  const JpegColor stated = head.stated_color();
  if (stated == JpegColor::Unstated) {
    return header.photometric != Photometric::Rgb;
  }
  return stated == JpegColor::YCbCr;
}

// libjpeg takes a silent stream for YCbCr. Where the header says RGB, APP14 with transform 0 (Adobe TN 5116) says it
// too.
ByteBuffer with_rgb_stated(ByteView frame) {
  constexpr std::array<std::uint8_t, 18> kHead = {0xFF, jpeg::kSoi, 0xFF, jpeg::kApp14, 0, 14, 'A', 'd', 'o',
                                                  'b',  'e',        0,    100,          0, 0,  0,   0,   0};
  ByteBuffer stated(kHead.begin(), kHead.end());
  stated.insert(stated.end(), frame.begin() + 2, frame.end());
  return stated;
}

// What a decoder of pictures forgives: bytes between segments, and spectral selection that baseline has no use for.
// Everything else that it warns of are pixels made up.
bool is_harmless(std::string_view warning) {
  return warning.find("extraneous bytes before marker") != warning.npos ||
         warning.find("Invalid SOS parameters") != warning.npos;
}

Status decode_by_turbo(ByteView frame, Pixels& pixels) {
  const std::unique_ptr<void, int (*)(tjhandle)> handle(tjInitDecompress(), tjDestroy);
  if (!handle) {
    return Status(Code::Internal, "decode JPEG: " + std::string(tjGetErrorStr2(nullptr)));
  }
  const PixelLayout& layout = pixels.layout;
  const int format = layout.samples == 1 ? TJPF_GRAY : TJPF_RGB;
  const int failed = tjDecompress2(handle.get(), frame.data(), frame.size(), pixels.bytes.data(),
                                   static_cast<int>(layout.columns), 0, static_cast<int>(layout.rows), format, 0);
  if (failed == 0) {
    return {};
  }
  const std::string_view why = tjGetErrorStr2(handle.get());
  if (tjGetErrorCode(handle.get()) == TJERR_WARNING && is_harmless(why)) {
    return {};
  }
  return Status(Code::Corrupt, "JPEG: " + std::string(why));
}

Result<Pixels> decode_8_bit_dct(ByteView frame, const JpegHead& head, const PixelLayout& header,
                                const PixelLayout& decoded) {
  PixelLayout narrow = decoded;
  narrow.bits_allocated = 8;
  Pixels pixels = blank_pixels(narrow);
  const bool silent_rgb = header.samples == 3 && head.stated_color() == JpegColor::Unstated && !is_ybr(head, header);
  RETURN_IF_ERROR(silent_rgb ? decode_by_turbo(with_rgb_stated(frame), pixels) : decode_by_turbo(frame, pixels));
  widen_samples(pixels, decoded.bits_allocated);
  return pixels;
}

}  // namespace

Result<Pixels> decode_jpeg(ByteView frame, const PixelLayout& header) {
  TRY_ASSIGN(const JpegHead head, checked_head(frame, header));
  PixelLayout decoded = by_pixel(header);
  if (header.samples == 3 && is_dct(head)) {
    decoded.photometric = Photometric::Rgb;
  }
  if (is_dct(head) && head.precision == 8) {
    TRY_ASSIGN(Pixels pixels, decode_8_bit_dct(frame, head, header, decoded));
    settle_signs(pixels, {head.precision, false});
    return pixels;
  }
  if (!is_dct(head) && head.sof != kLossless) {
    return Status(Code::Unsupported, "JPEG of process SOF" + std::to_string(head.sof - 0xC0) + " is not decoded");
  }
  Pixels pixels{decoded, {}};
  const bool to_rgb = header.samples == 3 && is_dct(head) && is_ybr(head, header);
  RETURN_IF_ERROR(decode_by_ijg(frame, head.precision, to_rgb, pixels));
  settle_signs(pixels, {head.precision, false});
  return pixels;
}

Result<PixelLayout> jpeg_layout(const PixelLayout& decoded) {
  const bool gray = decoded.samples == 1 && (decoded.photometric == Photometric::Monochrome1 ||
                                             decoded.photometric == Photometric::Monochrome2);
  const bool color =
      decoded.samples == 3 && (decoded.photometric == Photometric::Rgb || decoded.photometric == Photometric::YbrFull);
  if ((!gray && !color) || decoded.bits_allocated != 8 || decoded.bits_stored != 8 || decoded.is_signed) {
    return Status(Code::Unsupported, "JPEG baseline holds 8 bits without sign, grey, RGB or YBR_FULL");
  }
  PixelLayout layout = decoded;
  if (color) {
    layout.photometric = Photometric::YbrFull422;
  }
  return layout;
}

Result<ByteBuffer> encode_jpeg(const Pixels& pixels, const EncodeOptions& options) {
  TRY_ASSIGN(JpegEncoder encoder, JpegEncoder::create({options.quality, JpegSampling::Half422}));
  const PixelLayout& layout = pixels.layout;
  if (layout.samples == 1) {
    return encoder.encode_gray({pixels.bytes.data(), layout.columns, layout.rows});
  }
  if (layout.photometric == Photometric::YbrFull) {
    Pixels rgb = pixels;
    convert_ybr_to_rgb(rgb);
    return encoder.encode({rgb.bytes.data(), layout.columns, layout.rows});
  }
  return encoder.encode({pixels.bytes.data(), layout.columns, layout.rows});
}

}  // namespace tessera::codec
