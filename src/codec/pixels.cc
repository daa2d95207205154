#include "codec/pixels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace tessera::codec {

namespace {

struct Name {
  Photometric photometric;
  std::string_view name;
};
constexpr std::array kNames = {
    Name{Photometric::Monochrome1, "MONOCHROME1"},
    Name{Photometric::Monochrome2, "MONOCHROME2"},
    Name{Photometric::PaletteColor, "PALETTE COLOR"},
    Name{Photometric::Rgb, "RGB"},
    Name{Photometric::YbrFull, "YBR_FULL"},
    Name{Photometric::YbrFull422, "YBR_FULL_422"},
    Name{Photometric::YbrPartial422, "YBR_PARTIAL_422"},
    Name{Photometric::YbrPartial420, "YBR_PARTIAL_420"},
    Name{Photometric::YbrIct, "YBR_ICT"},
    Name{Photometric::YbrRct, "YBR_RCT"},
    Name{Photometric::Xyb, "XYB"},
};

Status contradiction(std::string_view what, std::uint32_t value) {
  return Status(Code::Corrupt, "image pixel description: " + std::string(what) + " is " + std::to_string(value));
}

std::uint32_t low_bits(unsigned count) {
  return count >= 32 ? UINT32_MAX : (std::uint32_t{1} << count) - 1;
}

std::int32_t sign_extend(std::uint32_t value, unsigned bits) {
  const unsigned spare = 32 - std::min(bits, 32u);
  return static_cast<std::int32_t>(value << spare) >> spare;
}

// All samples of T of the frame, one by one.
template <class T, class Change>
void each(ByteBuffer& bytes, Change change) {
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    store_le<T>(bytes.data() + at, change(load_le<T>(bytes.data() + at)));
  }
}

template <class Change>
void each_sample(Pixels& pixels, Change change) {
  switch (pixels.layout.sample_bytes()) {
    case 1:
      return each<std::uint8_t>(pixels.bytes, [&](std::uint8_t v) { return static_cast<std::uint8_t>(change(v)); });
    case 2:
      return each<std::uint16_t>(pixels.bytes, [&](std::uint16_t v) { return static_cast<std::uint16_t>(change(v)); });
    default:
      return each<std::uint32_t>(pixels.bytes, [&](std::uint32_t v) { return change(v); });
  }
}

template <class T>
void put(std::uint8_t* at, std::size_t step, std::span<const std::int32_t> values) {
  for (const std::int32_t value : values) {
    store_le<T>(at, static_cast<T>(value));
    at += step;
  }
}

template <class T>
void take(const std::uint8_t* at, std::size_t step, std::span<std::int32_t> values) {
  for (std::int32_t& value : values) {
    value = static_cast<std::int32_t>(std::uint32_t{load_le<T>(at)});
    at += step;
  }
}

std::size_t place_of(const PixelLayout& layout, std::uint16_t component, std::uint64_t first) {
  return (first * layout.samples + component) * layout.sample_bytes();
}

}  // namespace

Photometric photometric_of(std::string_view name) {
  const auto found = std::find_if(kNames.begin(), kNames.end(), [&](const Name& row) { return row.name == name; });
  return found == kNames.end() ? Photometric::Other : found->photometric;
}

std::string_view photometric_name(Photometric photometric) {
  const auto found =
      std::find_if(kNames.begin(), kNames.end(), [&](const Name& row) { return row.photometric == photometric; });
  return found == kNames.end() ? std::string_view() : found->name;
}

Status check_layout(const PixelLayout& layout) {
  if (layout.rows == 0 || layout.rows > 65535) {
    return contradiction("Rows (0028,0010)", layout.rows);
  }
  if (layout.columns == 0 || layout.columns > 65535) {
    return contradiction("Columns (0028,0011)", layout.columns);
  }
  if (layout.samples == 0 || layout.samples > 4) {
    return contradiction("SamplesPerPixel (0028,0002)", layout.samples);
  }
  if (layout.bits_allocated != 1 && layout.bits_allocated != 8 && layout.bits_allocated != 16 &&
      layout.bits_allocated != 32) {
    return Status(Code::Unsupported, "samples of " + std::to_string(layout.bits_allocated) +
                                         " bits (BitsAllocated (0028,0100)) are not decoded");
  }
  if (layout.bits_stored == 0 || layout.bits_stored > layout.bits_allocated) {
    return contradiction("BitsStored (0028,0101)", layout.bits_stored);
  }
  if (layout.high_bit >= layout.bits_allocated || layout.high_bit + 1u < layout.bits_stored) {
    return contradiction("HighBit (0028,0102)", layout.high_bit);
  }
  if (layout.bytes() > kMaxFrameBytes) {
    return Status(Code::TooLarge, "a frame of " + std::to_string(layout.bytes()) + " bytes of pixels; up to " +
                                      std::to_string(kMaxFrameBytes) + " are decoded");
  }
  return {};
}

PixelLayout by_pixel(const PixelLayout& header) {
  PixelLayout layout = header;
  layout.by_plane = false;
  if (header.bits_allocated == 1) {
    layout.bits_allocated = 8;
  }
  if (header.photometric == Photometric::YbrFull422) {
    layout.photometric = Photometric::YbrFull;
  }
  return layout;
}

Pixels blank_pixels(const PixelLayout& layout) {
  return Pixels{layout, ByteBuffer(layout.bytes())};
}

void put_samples(Pixels& pixels, std::uint16_t component, std::uint64_t first, std::span<const std::int32_t> values) {
  std::uint8_t* at = pixels.bytes.data() + place_of(pixels.layout, component, first);
  const std::size_t bytes = pixels.layout.sample_bytes();
  const std::size_t step = bytes * pixels.layout.samples;
  switch (bytes) {
    case 1:
      return put<std::uint8_t>(at, step, values);
    case 2:
      return put<std::uint16_t>(at, step, values);
    default:
      return put<std::uint32_t>(at, step, values);
  }
}

void settle_signs(Pixels& pixels, SampleKind coded) {
  const PixelLayout& layout = pixels.layout;
  if (layout.is_signed && !coded.is_signed && coded.precision < layout.bits_allocated) {
    each_sample(pixels, [&](std::uint32_t v) { return static_cast<std::uint32_t>(sign_extend(v, coded.precision)); });
  } else if (!layout.is_signed && coded.is_signed) {
    each_sample(pixels, [mask = low_bits(layout.bits_stored)](std::uint32_t v) { return v & mask; });
  }
}

void widen_samples(Pixels& pixels, std::uint16_t bits_allocated) {
  const std::size_t narrow = pixels.layout.sample_bytes();
  pixels.layout.bits_allocated = bits_allocated;
  const std::size_t wide = pixels.layout.sample_bytes();
  if (narrow == wide) {
    return;
  }
  const ByteBuffer from = std::move(pixels.bytes);
  pixels.bytes.assign(pixels.layout.bytes(), 0);
  for (std::size_t at = 0, to = 0; at + narrow <= from.size(); at += narrow, to += wide) {
    std::memcpy(pixels.bytes.data() + to, from.data() + at, narrow);
  }
}

void interleave(Pixels& pixels) {
  const PixelLayout& layout = pixels.layout;
  const std::size_t bytes = layout.sample_bytes();
  const std::size_t plane = static_cast<std::size_t>(layout.pixels()) * bytes;
  ByteBuffer by_pixel(pixels.bytes.size());
  for (std::size_t component = 0; component < layout.samples; ++component) {
    const std::uint8_t* from = pixels.bytes.data() + component * plane;
    std::uint8_t* to = by_pixel.data() + component * bytes;
    for (std::size_t at = 0; at < plane; at += bytes, to += bytes * layout.samples) {
      std::memcpy(to, from + at, bytes);
    }
  }
  pixels.bytes = std::move(by_pixel);
}

void take_samples(const Pixels& pixels, std::uint16_t component, std::uint64_t first, std::span<std::int32_t> values) {
  const PixelLayout& layout = pixels.layout;
  const std::uint8_t* at = pixels.bytes.data() + place_of(layout, component, first);
  const std::size_t bytes = layout.sample_bytes();
  const std::size_t step = bytes * layout.samples;
  switch (bytes) {
    case 1:
      take<std::uint8_t>(at, step, values);
      break;
    case 2:
      take<std::uint16_t>(at, step, values);
      break;
    default:
      take<std::uint32_t>(at, step, values);
      break;
  }
  const unsigned shift = layout.high_bit + 1u - layout.bits_stored;
  const std::uint32_t mask = low_bits(layout.bits_stored);
  for (std::int32_t& value : values) {
    const std::uint32_t stored = static_cast<std::uint32_t>(value) >> shift & mask;
    value = layout.is_signed ? sign_extend(stored, layout.bits_stored) : static_cast<std::int32_t>(stored);
  }
}

bool fits_stored_bits(const Pixels& pixels) {
  const PixelLayout& layout = pixels.layout;
  if (layout.bits_stored == layout.bits_allocated || layout.high_bit + 1u != layout.bits_stored) {
    return true;
  }
  const std::size_t step = layout.sample_bytes();
  const std::uint32_t stored = low_bits(layout.bits_stored), allocated = low_bits(layout.bits_allocated);
  for (std::size_t at = 0; at + step <= pixels.bytes.size(); at += step) {
    std::uint32_t sample = 0;
    std::memcpy(&sample, pixels.bytes.data() + at, step);
    const std::uint32_t value = sample & stored;
    const std::uint32_t wanted =
        layout.is_signed ? static_cast<std::uint32_t>(sign_extend(value, layout.bits_stored)) & allocated : value;
    if (sample != wanted) {
      return false;
    }
  }
  return true;
}

ByteBuffer stored_patterns(const Pixels& pixels) {
  const PixelLayout& layout = pixels.layout;
  if (layout.bits_allocated == 8 && layout.bits_stored == 8) {
    return pixels.bytes;
  }
  const std::uint32_t mask = low_bits(layout.bits_stored);
  const std::size_t wide = layout.bits_stored <= 8 ? 1 : 2;
  const std::uint64_t row = std::uint64_t{layout.columns};
  ByteBuffer patterns(layout.pixels() * layout.samples * wide);
  std::vector<std::int32_t> values(row);
  for (std::uint16_t component = 0; component < layout.samples; ++component) {
    std::uint8_t* to = patterns.data() + component * wide;
    for (std::uint64_t first = 0; first < layout.pixels(); first += row) {
      take_samples(pixels, component, first, values);
      for (const std::int32_t value : values) {
        const std::uint32_t pattern = static_cast<std::uint32_t>(value) & mask;
        std::memcpy(to, &pattern, wide);
        to += wide * layout.samples;
      }
    }
  }
  return patterns;
}

void convert_ybr_to_rgb(Pixels& pixels) {
  const auto byte = [](double value) { return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0l, 255l)); };
  for (std::size_t at = 0; at + 3 <= pixels.bytes.size(); at += 3) {
    std::uint8_t* pixel = pixels.bytes.data() + at;
    const double y = pixel[0], cb = pixel[1] - 128.0, cr = pixel[2] - 128.0;
    pixel[0] = byte(y + 1.402 * cr);
    pixel[1] = byte(y - 0.344136 * cb - 0.714136 * cr);
    pixel[2] = byte(y + 1.772 * cb);
  }
  pixels.layout.photometric = Photometric::Rgb;
}

}  // namespace tessera::codec
