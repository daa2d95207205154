// Pixels: one decoded frame, and PixelLayout: how its samples lie, as the attributes of PS3.3 C.7.6.3 say it. Decoders
// (codec/codecs.h) are told the layout that the header promises and give pixels; encoders take pixels. Values.
//
// Decoded pixels are native little endian: by pixel (PlanarConfiguration 0), row after row without gaps, every sample
// in BitsAllocated of 8, 16 or 32. One-bit pixels are decoded to a byte each.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::codec {

// PS3.3 C.7.6.3.1.2. Other: one that no codec changes and no encoder looks into.
enum class Photometric : std::uint8_t {
  Other,
  Monochrome1,
  Monochrome2,
  PaletteColor,
  Rgb,
  YbrFull,
  YbrFull422,
  YbrPartial422,
  YbrPartial420,
  YbrIct,
  YbrRct,
  Xyb,
};
Photometric photometric_of(std::string_view name);
std::string_view photometric_name(Photometric photometric);

struct PixelLayout {
  std::uint32_t rows = 0, columns = 0;
  std::uint16_t samples = 1;  // per pixel
  std::uint16_t bits_allocated = 8, bits_stored = 8, high_bit = 7;
  bool is_signed = false;
  bool by_plane = false;  // PlanarConfiguration 1
  Photometric photometric = Photometric::Monochrome2;

  std::uint64_t pixels() const { return std::uint64_t{rows} * columns; }
  std::size_t sample_bytes() const { return (bits_allocated + 7u) / 8u; }
  // Of a decoded frame.
  std::uint64_t bytes() const { return pixels() * samples * sample_bytes(); }
  friend bool operator==(const PixelLayout&, const PixelLayout&) = default;
};

// No frame is decoded above this; the largest tile of a slide is a hundredth of it.
inline constexpr std::uint64_t kMaxFrameBytes = std::uint64_t{128} << 20;

// Whether a frame of that layout can be decoded at all: Corrupt naming the attribute that contradicts itself,
// Unsupported for samples of other widths than 1, 8, 16 and 32 bits, TooLarge beyond kMaxFrameBytes.
Status check_layout(const PixelLayout& layout);

// The layout of decoded pixels of that header, where the codestream does nothing about colours: chroma is no longer
// halved, bits are bytes.
PixelLayout by_pixel(const PixelLayout& header);

struct Pixels {
  PixelLayout layout;
  ByteBuffer bytes;
};

// Samples as a codestream has them: so many bits, signed or not.
struct SampleKind {
  unsigned precision = 8;
  bool is_signed = false;
};

// For decoders: pixels of `layout`, zero. The layout has been checked.
Pixels blank_pixels(const PixelLayout& layout);
// Values of one component, from pixel `first` on; the low bits of each that fit are kept.
void put_samples(Pixels& pixels, std::uint16_t component, std::uint64_t first, std::span<const std::int32_t> values);
// Where codestream and header differ in sign: patterns of a codestream without sign become two's complement where the
// header says so (PS3.5 8.2.3), and negative values lose the bits above BitsStored where it says not.
void settle_signs(Pixels& pixels, SampleKind coded);
// Samples of one or two bytes in those of more bits.
void widen_samples(Pixels& pixels, std::uint16_t bits_allocated);
// Whole planes one after the other become pixels one after the other.
void interleave(Pixels& pixels);

// Whether every sample is one of BitsStored. Lossy streams overshoot, and writers put things beside the stored bits:
// then all that are allocated are encoded, so that nothing is lost. (Samples that HighBit lifts are taken down, and
// what lies beside them is left.)
bool fits_stored_bits(const Pixels& pixels);
// For encoders: values of one component, from pixel `first` on, shifted down from HighBit and without what lies beside
// the stored bits.
void take_samples(const Pixels& pixels, std::uint16_t component, std::uint64_t first, std::span<std::int32_t> values);

// All of them as their patterns, low bits first, in one byte each up to 8 stored bits and two above.
ByteBuffer stored_patterns(const Pixels& pixels);

// 8-bit YBR_FULL to RGB (PS3.3 C.7.6.3.1.2), in place.
void convert_ybr_to_rgb(Pixels& pixels);

}  // namespace tessera::codec
