#include "codec/codecs.h"

#include <algorithm>
#include <array>
#include <string>

#include "codec/htj2k.h"
#include "codec/jpeg_2000.h"
#include "codec/jpeg_codec.h"
#include "codec/jpeg_ls.h"
#include "codec/jpeg_xl.h"
#include "codec/native.h"

namespace tessera::codec {

namespace {

constexpr std::string_view kImplicitLittle = "1.2.840.10008.1.2";
constexpr std::string_view kExplicitLittle = "1.2.840.10008.1.2.1";
constexpr std::string_view kExplicitBig = "1.2.840.10008.1.2.2";
constexpr std::string_view kDeflatedLittle = "1.2.840.10008.1.2.1.99";
constexpr std::string_view kJpegBaseline = "1.2.840.10008.1.2.4.50";
constexpr std::string_view kJpegXlOfJpeg = "1.2.840.10008.1.2.4.111";

Result<PixelLayout> any_layout(const PixelLayout& decoded) {
  return decoded;
}

Result<ByteBuffer> encode_native(const Pixels& pixels, const EncodeOptions&) {
  return pixels.bytes;
}

Photometric always_rgb(const PixelLayout& header) {
  return header.samples == 3 ? Photometric::Rgb : by_pixel(header).photometric;
}

Codec native(std::string_view syntax, Result<Pixels> (*decode)(ByteView, const PixelLayout&)) {
  return {.syntax = syntax, .decode = decode};
}
Codec jpeg(std::string_view syntax) {
  return {.syntax = syntax, .decode = decode_jpeg, .decoded_photometric = always_rgb, .foreign = true};
}
Codec jpeg_lossless(std::string_view syntax) {
  return {.syntax = syntax, .decode = decode_jpeg, .foreign = true};
}
Codec jpeg_2000(std::string_view syntax) {
  return {.syntax = syntax,
          .decode = decode_jpeg_2000,
          .decoded_photometric = without_component_transform,
          .foreign = true};
}
Codec jpeg_xl(std::string_view syntax) {
  return {.syntax = syntax, .decode = decode_jpeg_xl, .decoded_photometric = always_rgb, .foreign = true};
}

// The same row with an encoder.
Codec with(Codec codec, Result<PixelLayout> (*layout)(const PixelLayout&),
           Result<ByteBuffer> (*encode)(const Pixels&, const EncodeOptions&), bool lossy = false) {
  codec.encoded_layout = layout;
  codec.encode = encode;
  codec.lossy = lossy;
  return codec;
}

const std::array kTable = {
    native(kImplicitLittle, decode_native_little),
    with(native(kExplicitLittle, decode_native_little), any_layout, encode_native),
    native(kExplicitBig, decode_native_big),
    native(kDeflatedLittle, decode_native_little),
    Codec{.syntax = "1.2.840.10008.1.2.5", .decode = decode_rle},
    with(jpeg(kJpegBaseline), jpeg_layout, encode_jpeg, true),
    jpeg("1.2.840.10008.1.2.4.51"),
    jpeg("1.2.840.10008.1.2.4.53"),
    jpeg("1.2.840.10008.1.2.4.55"),
    jpeg_lossless("1.2.840.10008.1.2.4.57"),
    jpeg_lossless("1.2.840.10008.1.2.4.70"),
    with({.syntax = "1.2.840.10008.1.2.4.80", .decode = decode_jpeg_ls, .foreign = true}, jpeg_ls_layout,
         encode_jpeg_ls),
    Codec{.syntax = "1.2.840.10008.1.2.4.81", .decode = decode_jpeg_ls, .foreign = true},
    with(jpeg_2000("1.2.840.10008.1.2.4.90"), jpeg_2000_layout, encode_jpeg_2000),
    jpeg_2000("1.2.840.10008.1.2.4.91"),
    with(jpeg_2000("1.2.840.10008.1.2.4.201"), jpeg_2000_layout, encode_htj2k),
    jpeg_2000("1.2.840.10008.1.2.4.202"),
    jpeg_2000("1.2.840.10008.1.2.4.203"),
    jpeg_xl("1.2.840.10008.1.2.4.110"),
    jpeg_xl(kJpegXlOfJpeg),
    jpeg_xl("1.2.840.10008.1.2.4.112"),
};

// JPEG packed as JPEG XL and back: no pixel is decoded.
bool packs(std::string_view from, std::string_view to) {
  return from == kJpegBaseline && to == kJpegXlOfJpeg;
}
bool unpacks(std::string_view from, std::string_view to) {
  return from == kJpegXlOfJpeg && to == kJpegBaseline;
}

Status no_way(std::string_view from, std::string_view to) {
  return Status(Code::Unsupported,
                "frames of transfer syntax " + std::string(from) + " are not made into " + std::string(to));
}

bool is_native(std::string_view syntax) {
  const Codec* codec = find_codec(syntax);
  return codec != nullptr && (codec->decode == decode_native_little || codec->decode == decode_native_big);
}

// Between native syntaxes a frame keeps its shape, one-bit pixels and halved chroma too; only planes and bytes move.
bool stays_native(std::string_view from, std::string_view to) {
  return is_native(from) && to == kExplicitLittle;
}

bool keeps_bytes(const PixelLayout& header) {
  return header.bits_allocated == 1 || header.photometric == Photometric::YbrFull422 ||
         header.photometric == Photometric::YbrPartial422 || header.photometric == Photometric::YbrPartial420;
}

}  // namespace

std::span<const Codec> codecs() {
  return kTable;
}

const Codec* find_codec(std::string_view syntax) {
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&](const Codec& row) { return row.syntax == syntax; });
  return found == kTable.end() ? nullptr : &*found;
}

PixelLayout decoded_layout(const Codec& codec, const PixelLayout& header) {
  PixelLayout layout = by_pixel(header);
  if (codec.decoded_photometric != nullptr) {
    layout.photometric = codec.decoded_photometric(header);
  }
  return layout;
}

Result<PixelLayout> transcoded_layout(std::string_view from, std::string_view to, const PixelLayout& header) {
  if (packs(from, to) || unpacks(from, to)) {
    return header;
  }
  if (stays_native(from, to)) {
    PixelLayout layout = header;
    layout.by_plane = false;
    return layout;
  }
  const Codec* source = find_codec(from);
  const Codec* target = find_codec(to);
  if (source == nullptr || target == nullptr || source->decode == nullptr || target->encode == nullptr) {
    return no_way(from, to);
  }
  RETURN_IF_ERROR(check_layout(header));
  if (header.bits_allocated == 1) {
    return Status(Code::Unsupported, "1-bit pixels are not compressed");
  }
  return target->encoded_layout(decoded_layout(*source, header));
}

bool transcodes_without_loss(std::string_view from, std::string_view to) {
  const Codec* target = find_codec(to);
  return packs(from, to) || unpacks(from, to) || (target != nullptr && !target->lossy);
}

bool transcodes_foreign_bytes(std::string_view from, std::string_view) {
  const Codec* source = find_codec(from);
  return source != nullptr && source->foreign;
}

Result<Pixels> decode_frame(std::string_view syntax, const PixelLayout& header, ByteView frame) {
  const Codec* codec = find_codec(syntax);
  if (codec == nullptr || codec->decode == nullptr) {
    return Status(Code::Unsupported, "frames of transfer syntax " + std::string(syntax) + " are not decoded");
  }
  RETURN_IF_ERROR(check_layout(header));
  TRY_ASSIGN(Pixels pixels, codec->decode(frame, header));
  if (pixels.layout != decoded_layout(*codec, header)) {
    return Status(Code::Corrupt, "a codestream of another kind than transfer syntax " + std::string(syntax));
  }
  return pixels;
}

Result<ByteBuffer> transcode_frame(std::string_view from, std::string_view to, const PixelLayout& header,
                                   const EncodeOptions& options, ByteView frame) {
  if (packs(from, to)) {
    return recompress_jpeg(frame);
  }
  if (unpacks(from, to)) {
    return reconstruct_jpeg(frame, kMaxFrameBytes);
  }
  if (stays_native(from, to) && (!header.by_plane || header.samples == 1 || keeps_bytes(header))) {
    ByteBuffer bytes(frame.begin(), frame.end());
    if (from == kExplicitBig) {
      swap_samples(bytes, header.bits_allocated);
    }
    return bytes;
  }
  RETURN_IF_ERROR(transcoded_layout(from, to, header).status());
  TRY_ASSIGN(Pixels pixels, decode_frame(from, header, frame));
  const Codec& target = *find_codec(to);
  if (!fits_stored_bits(pixels)) {
    pixels.layout.bits_stored = pixels.layout.bits_allocated;
    pixels.layout.high_bit = static_cast<std::uint16_t>(pixels.layout.bits_allocated - 1);
    RETURN_IF_ERROR(target.encoded_layout(pixels.layout).status());
  }
  return target.encode(pixels, options);
}

}  // namespace tessera::codec
