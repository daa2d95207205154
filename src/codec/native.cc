#include "codec/native.h"

#include <algorithm>
#include <string>

namespace tessera::codec {

namespace {

Status wrong_size(std::size_t have, std::uint64_t want) {
  return Status(Code::Corrupt,
                "native frame: " + std::to_string(have) + " bytes, where the header makes it " + std::to_string(want));
}

// PS3.5 8.1.1: the first pixel is the least significant bit.
Result<Pixels> unpack_bits(ByteView frame, const PixelLayout& decoded) {
  const std::uint64_t bits = decoded.pixels() * decoded.samples;
  if (frame.size() < (bits + 7) / 8) {
    return wrong_size(frame.size(), (bits + 7) / 8);
  }
  Pixels pixels = blank_pixels(decoded);
  for (std::uint64_t i = 0; i < bits; ++i) {
    pixels.bytes[i] = frame[i / 8] >> (i % 8) & 1;
  }
  return pixels;
}

// Two pixels are Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2).
Pixels double_chroma(ByteView frame, const PixelLayout& decoded) {
  Pixels pixels = blank_pixels(decoded);
  std::uint8_t* to = pixels.bytes.data();
  for (std::size_t at = 0; at + 4 <= frame.size(); at += 4, to += 6) {
    to[0] = frame[at];
    to[3] = frame[at + 1];
    to[1] = to[4] = frame[at + 2];
    to[2] = to[5] = frame[at + 3];
  }
  return pixels;
}

// Writers that decoded a JPEG and left the name have three samples: then it is YBR_FULL by its size.
bool is_halved(ByteView frame, const PixelLayout& header) {
  return header.photometric == Photometric::YbrFull422 && header.samples == 3 && header.bits_allocated == 8 &&
         header.columns % 2 == 0 && frame.size() < header.bytes() && frame.size() >= header.pixels() * 2;
}

Result<Pixels> decode_native(ByteView frame, const PixelLayout& header, bool swapped) {
  const PixelLayout decoded = by_pixel(header);
  if (header.bits_allocated == 1) {
    return unpack_bits(frame, decoded);
  }
  if (is_halved(frame, header)) {
    return double_chroma(frame.first(header.pixels() * 2), decoded);
  }
  if (frame.size() < decoded.bytes()) {
    return wrong_size(frame.size(), decoded.bytes());
  }
  Pixels pixels{decoded, ByteBuffer(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(decoded.bytes()))};
  if (swapped) {
    swap_samples(pixels.bytes, header.bits_allocated);
  }
  if (header.by_plane && header.samples > 1) {
    interleave(pixels);
  }
  return pixels;
}

template <class T, class Swap>
void swap_all(MutableBytes samples, Swap swap) {
  for (std::size_t at = 0; at + sizeof(T) <= samples.size(); at += sizeof(T)) {
    store_le<T>(samples.data() + at, swap(load_le<T>(samples.data() + at)));
  }
}

constexpr std::size_t kRleHeader = 64;
constexpr std::size_t kRleSegments = 15;

Status rle_corrupt(std::size_t at, std::string_view why) {
  return Status(Code::Corrupt, "RLE, byte " + std::to_string(at) + ": " + std::string(why));
}

// PackBits (PS3.5 G.3.2) from [at, end) into every step-th byte from `to`, until `count` are written.
Status unpack(ByteView frame, std::size_t at, std::size_t end, std::uint8_t* to, std::size_t step,
              std::uint64_t count) {
  while (count > 0) {
    if (at >= end) {
      return rle_corrupt(at, "a segment ends " + std::to_string(count) + " bytes before the image does");
    }
    const unsigned control = frame[at++];
    if (control == 128) {
      continue;
    }
    const bool run = control > 128;
    const std::uint64_t length = std::min<std::uint64_t>(run ? 257 - control : control + 1, count);
    if (at + (run ? 1 : length) > end) {
      return rle_corrupt(at, "a run goes beyond its segment");
    }
    for (std::uint64_t i = 0; i < length; ++i, to += step) {
      *to = frame[run ? at : at + i];
    }
    at += run ? 1 : length;
    count -= length;
  }
  return {};
}

}  // namespace

void swap_samples(MutableBytes samples, unsigned bits) {
  switch (bits) {
    case 16:
      return swap_all<std::uint16_t>(samples, [](std::uint16_t v) { return __builtin_bswap16(v); });
    case 32:
      return swap_all<std::uint32_t>(samples, [](std::uint32_t v) { return __builtin_bswap32(v); });
    case 64:
      return swap_all<std::uint64_t>(samples, [](std::uint64_t v) { return __builtin_bswap64(v); });
    default:
      return;
  }
}

Result<Pixels> decode_native_little(ByteView frame, const PixelLayout& header) {
  return decode_native(frame, header, false);
}

Result<Pixels> decode_native_big(ByteView frame, const PixelLayout& header) {
  return decode_native(frame, header, true);
}

Result<Pixels> decode_rle(ByteView frame, const PixelLayout& header) {
  if (header.bits_allocated == 1) {
    return Status(Code::Unsupported, "RLE of 1-bit pixels is not decoded");
  }
  const std::size_t bytes = header.sample_bytes();
  const std::size_t segments = header.samples * bytes;
  if (frame.size() < kRleHeader) {
    return rle_corrupt(frame.size(), "shorter than its header of 64 bytes");
  }
  if (segments > kRleSegments || load_le32(frame.data()) != segments) {
    return rle_corrupt(0, std::to_string(load_le32(frame.data())) + " segments, where the header makes it " +
                              std::to_string(segments));
  }
  const PixelLayout decoded = by_pixel(header);
  Pixels pixels = blank_pixels(decoded);
  for (std::size_t i = 0; i < segments; ++i) {
    const std::size_t begin = load_le32(frame.data() + 4 + 4 * i);
    const std::size_t end = i + 1 < segments ? load_le32(frame.data() + 8 + 4 * i) : frame.size();
    if (begin < kRleHeader || begin > end || end > frame.size()) {
      return rle_corrupt(4 + 4 * i, "segment " + std::to_string(i + 1) + " lies outside the frame");
    }
    const std::size_t component = i / bytes;
    std::uint8_t* to = pixels.bytes.data() + component * bytes + (bytes - 1 - i % bytes);
    RETURN_IF_ERROR(unpack(frame, begin, end, to, segments, decoded.pixels()));
  }
  return pixels;
}

}  // namespace tessera::codec
