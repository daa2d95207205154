#include "codec/jpeg_ls.h"

#include <charls/charls.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace tessera::codec {

namespace {

using Decoder = std::unique_ptr<charls_jpegls_decoder, void (*)(const charls_jpegls_decoder*)>;
using Encoder = std::unique_ptr<charls_jpegls_encoder, void (*)(const charls_jpegls_encoder*)>;

Status refused(Code code, charls_jpegls_errc why) {
  return Status(code, "JPEG-LS: " + std::string(charls_get_error_message(why)));
}

#define RETURN_IF_REFUSED(code, call)              \
  do {                                             \
    const charls_jpegls_errc refused_ = (call);    \
    if (refused_ != charls_jpegls_errc::success) { \
      return refused(code, refused_);              \
    }                                              \
  } while (false)

Status check(const charls_frame_info& info, const PixelLayout& header) {
  if (info.width == header.columns && info.height == header.rows && info.component_count == header.samples &&
      info.bits_per_sample >= 2 && info.bits_per_sample <= header.bits_allocated) {
    return {};
  }
  return Status(Code::Corrupt, "JPEG-LS of " + std::to_string(info.width) + " x " + std::to_string(info.height) +
                                   " x " + std::to_string(info.component_count) + " samples of " +
                                   std::to_string(info.bits_per_sample) + " bits, where the header promises " +
                                   std::to_string(header.columns) + " x " + std::to_string(header.rows) + " x " +
                                   std::to_string(header.samples) + " of " + std::to_string(header.bits_allocated));
}

// Whether EOI stands at the end, padding apart. CharLS counts the zero bits of a stream that was cut up to two thousand
// million before it notices.
bool is_whole(ByteView frame) {
  constexpr std::size_t kPadding = 16;
  const ByteView end = frame.last(std::min(frame.size(), kPadding));
  for (std::size_t i = 0; i + 1 < end.size(); ++i) {
    if (end[i] == 0xFF && end[i + 1] == 0xD9) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<Pixels> decode_jpeg_ls(ByteView frame, const PixelLayout& header) {
  const Decoder decoder(charls_jpegls_decoder_create(), charls_jpegls_decoder_destroy);
  if (!decoder) {
    return Status(Code::Internal, "JPEG-LS: no decoder could be made");
  }
  if (!is_whole(frame)) {
    return Status(Code::Corrupt, "JPEG-LS: its " + std::to_string(frame.size()) + " bytes do not end with EOI (FFD9)");
  }
  charls_frame_info info{};
  charls_interleave_mode mode{};
  RETURN_IF_REFUSED(Code::Corrupt, charls_jpegls_decoder_set_source_buffer(decoder.get(), frame.data(), frame.size()));
  RETURN_IF_REFUSED(Code::Corrupt, charls_jpegls_decoder_read_header(decoder.get()));
  RETURN_IF_REFUSED(Code::Corrupt, charls_jpegls_decoder_get_frame_info(decoder.get(), &info));
  RETURN_IF_REFUSED(Code::Corrupt, charls_jpegls_decoder_get_interleave_mode(decoder.get(), &mode));
  RETURN_IF_ERROR(check(info, header));

  // CharLS gives a byte or two for each sample.
  PixelLayout decoded = by_pixel(header);
  PixelLayout given = decoded;
  given.bits_allocated = info.bits_per_sample <= 8 ? 8 : 16;
  Pixels pixels = blank_pixels(given);
  RETURN_IF_REFUSED(Code::Corrupt,
                    charls_jpegls_decoder_decode_to_buffer(decoder.get(), pixels.bytes.data(), pixels.bytes.size(), 0));
  if (mode == charls_interleave_mode::none && header.samples > 1) {
    interleave(pixels);
  }
  widen_samples(pixels, decoded.bits_allocated);
  settle_signs(pixels, {static_cast<unsigned>(info.bits_per_sample), false});
  return pixels;
}

Result<PixelLayout> jpeg_ls_layout(const PixelLayout& decoded) {
  if (decoded.bits_stored < 2 || decoded.bits_stored > 16) {
    return Status(Code::Unsupported, "JPEG-LS holds 2 to 16 bits a sample");
  }
  PixelLayout layout = decoded;
  layout.high_bit = static_cast<std::uint16_t>(layout.bits_stored - 1);
  return layout;
}

Result<ByteBuffer> encode_jpeg_ls(const Pixels& pixels, const EncodeOptions&) {
  const Encoder encoder(charls_jpegls_encoder_create(), charls_jpegls_encoder_destroy);
  if (!encoder) {
    return Status(Code::Internal, "JPEG-LS: no encoder could be made");
  }
  const PixelLayout& layout = pixels.layout;
  const charls_frame_info info{layout.columns, layout.rows, layout.bits_stored, layout.samples};
  const ByteBuffer patterns = stored_patterns(pixels);
  RETURN_IF_REFUSED(Code::Internal, charls_jpegls_encoder_set_frame_info(encoder.get(), &info));
  if (layout.samples > 1) {
    RETURN_IF_REFUSED(Code::Internal,
                      charls_jpegls_encoder_set_interleave_mode(encoder.get(), charls_interleave_mode::line));
  }
  // What it thinks the worst case is, it may miss with a few pixels of noise: then twice that is enough.
  std::size_t room = 0;
  RETURN_IF_REFUSED(Code::Internal, charls_jpegls_encoder_get_estimated_destination_size(encoder.get(), &room));
  ByteBuffer out(room * 2);
  std::size_t written = 0;
  RETURN_IF_REFUSED(Code::Internal,
                    charls_jpegls_encoder_set_destination_buffer(encoder.get(), out.data(), out.size()));
  RETURN_IF_REFUSED(Code::Internal,
                    charls_jpegls_encoder_encode_from_buffer(encoder.get(), patterns.data(), patterns.size(), 0));
  RETURN_IF_REFUSED(Code::Internal, charls_jpegls_encoder_get_bytes_written(encoder.get(), &written));
  out.resize(written);
  return out;
}

}  // namespace tessera::codec
