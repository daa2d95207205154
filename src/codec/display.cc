#include "codec/display.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace tessera::codec {

namespace {

constexpr unsigned kTableBits = 16;  // up to so many stored bits all values are computed once

Status contradicts(const PixelLayout& layout, std::string_view why) {
  return Status(Code::Corrupt,
                "show pixels of " + std::string(photometric_name(layout.photometric)) + ": " + std::string(why));
}

// Of 0 to 1; of what is no number, too.
std::uint8_t level(double share) {
  return static_cast<std::uint8_t>((share > 0 ? std::min(share, 1.0) : 0.0) * 255 + 0.5);
}

// The window's share of a value, 0 to 1. PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2.
double windowed(const Window& window, double value) {
  const double from_center = value - window.center;
  switch (window.function) {
    case WindowFunction::Sigmoid:
      return 1 / (1 + std::exp(-4 * from_center / window.width));
    case WindowFunction::LinearExact:
      if (from_center <= -window.width / 2 || from_center > window.width / 2) {
        return from_center > 0 ? 1 : 0;
      }
      return from_center / window.width + 0.5;
    case WindowFunction::Linear:
      break;
  }
  const double half = (window.width - 1) / 2;
  if (from_center + 0.5 <= -half || from_center + 0.5 > half) {
    return from_center + 0.5 > half ? 1 : 0;
  }
  return (from_center + 0.5) / (window.width - 1) + 0.5;
}

Status check_window(const Window& window) {
  const double least = window.function == WindowFunction::Linear ? 1 : std::numeric_limits<double>::min();
  if (std::isfinite(window.center) && std::isfinite(window.width) && window.width >= least) {
    return {};
  }
  return Status(Code::InvalidArgument,
                "show pixels: a window of center " + std::to_string(window.center) + " and width " +
                    std::to_string(window.width) +
                    (window.function == WindowFunction::Linear ? "; LINEAR has 1 or more" : "; it is more than 0"));
}

struct Range {
  double low = 0, high = 0;
};

// Stored values, as the signed or unsigned numbers that they are.
class Values {
 public:
  explicit Values(const PixelLayout& layout)
      : bits_(layout.bits_stored), is_signed_(layout.is_signed), wide_(layout.bits_stored == 32) {}

  // As take_samples gives them.
  double number(std::int32_t value) const {
    return wide_ && !is_signed_ ? static_cast<double>(static_cast<std::uint32_t>(value)) : static_cast<double>(value);
  }
  Range range() const {
    const double count = std::ldexp(1.0, bits_);
    return is_signed_ ? Range{-count / 2, count / 2 - 1} : Range{0, count - 1};
  }
  // Of a pattern of stored bits; not for wide ones.
  std::int32_t of_pattern(std::uint32_t pattern) const {
    const bool negative = is_signed_ && (pattern >> (bits_ - 1) & 1) != 0;
    return static_cast<std::int32_t>(pattern) - (negative ? std::int32_t{1} << bits_ : 0);
  }

 private:
  const int bits_;
  const bool is_signed_, wide_;
};

// Calls `take` with the values of one row after the other.
template <class Take>
void each_row(const Pixels& pixels, Take take) {
  std::vector<std::int32_t> row(pixels.layout.columns);
  for (std::uint64_t first = 0; first < pixels.layout.pixels(); first += row.size()) {
    take_samples(pixels, 0, first, row);
    take(first, row);
  }
}

Range range_of(const Pixels& pixels, const Values& values) {
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  each_row(pixels, [&](std::uint64_t, const std::vector<std::int32_t>& row) {
    for (const std::int32_t value : row) {
      const double number = values.number(value);
      range.low = std::min(range.low, number);
      range.high = std::max(range.high, number);
    }
  });
  return range.low < range.high ? range : values.range();
}

// What a stored value is shown as in gray.
class GrayRule {
 public:
  GrayRule(const Pixels& pixels, const Values& values, const DisplayRules& rules)
      : values_(values), rules_(rules), inverted_(pixels.layout.photometric == Photometric::Monochrome1) {
    if (!rules.window) {
      const Range stored = rules.full_range ? values.range() : range_of(pixels, values);
      const double one = rescaled(stored.low), other = rescaled(stored.high);
      range_ = {std::min(one, other), std::max(one, other)};
    }
  }

  std::uint8_t operator()(std::int32_t stored) const {
    const double value = rescaled(values_.number(stored));
    const double share = rules_.window              ? windowed(*rules_.window, value)
                         : range_.low < range_.high ? (value - range_.low) / (range_.high - range_.low)
                                                    : 0.0;
    return level(inverted_ ? 1 - share : share);
  }

 private:
  double rescaled(double value) const { return value * rules_.slope + rules_.intercept; }

  const Values& values_;
  const DisplayRules& rules_;
  const bool inverted_;
  Range range_;
};

Picture blank(const PixelLayout& layout, std::uint16_t channels) {
  return {layout.columns, layout.rows, channels, ByteBuffer(layout.pixels() * channels)};
}

// A row of values, each to `rule`, which gives a byte.
template <class Rule>
void show_rows(const Pixels& pixels, const Rule& rule, Picture& picture) {
  each_row(pixels, [&](std::uint64_t first, const std::vector<std::int32_t>& row) {
    std::uint8_t* to = picture.bytes.data() + first;
    for (const std::int32_t value : row) {
      *to++ = rule(value);
    }
  });
}

Result<Picture> show_gray(const Pixels& pixels, const DisplayRules& rules) {
  const PixelLayout& layout = pixels.layout;
  if (layout.samples != 1) {
    return contradicts(layout, std::to_string(layout.samples) + " samples a pixel");
  }
  if (!std::isfinite(rules.slope) || !std::isfinite(rules.intercept)) {
    return contradicts(layout, "RescaleSlope (0028,1053) or RescaleIntercept (0028,1052) is no number");
  }
  if (rules.window) {
    RETURN_IF_ERROR(check_window(*rules.window));
  }
  Picture picture = blank(layout, 1);
  const Values values(layout);
  const GrayRule rule(pixels, values, rules);
  if (layout.bits_stored > kTableBits) {
    show_rows(pixels, rule, picture);
    return picture;
  }
  const std::uint32_t mask = (std::uint32_t{1} << layout.bits_stored) - 1;
  ByteBuffer table(mask + std::size_t{1});
  for (std::uint32_t pattern = 0; pattern <= mask; ++pattern) {
    table[pattern] = rule(values.of_pattern(pattern));
  }
  show_rows(
      pixels,
      [&, levels = table.data()](std::int32_t value) { return levels[static_cast<std::uint32_t>(value) & mask]; },
      picture);
  return picture;
}

Result<Picture> show_palette(const Pixels& pixels, const DisplayRules& rules) {
  const PixelLayout& layout = pixels.layout;
  const Palette* palette = rules.palette.get();
  if (layout.samples != 1) {
    return contradicts(layout, std::to_string(layout.samples) + " samples a pixel");
  }
  if (palette == nullptr || palette->red.empty() || palette->green.empty() || palette->blue.empty()) {
    return contradicts(layout, "a table of red (0028,1201), green (0028,1202) or blue (0028,1203) is missing");
  }
  const Values values(layout);
  Picture picture = blank(layout, 3);
  // Values before the first entry have the first colour, those after the last the last (C.7.6.3.1.5).
  const auto entry = [&](const ByteBuffer& table, double at) {
    return table[static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(table.size() - 1)))];
  };
  each_row(pixels, [&](std::uint64_t first, const std::vector<std::int32_t>& row) {
    std::uint8_t* to = picture.bytes.data() + first * 3;
    for (const std::int32_t value : row) {
      const double at = values.number(value) - palette->first;
      *to++ = entry(palette->red, at);
      *to++ = entry(palette->green, at);
      *to++ = entry(palette->blue, at);
    }
  });
  return picture;
}

std::uint8_t high_bits(std::uint32_t value, unsigned bits) {
  if (bits >= 8) {
    return static_cast<std::uint8_t>(value >> (bits - 8));
  }
  const std::uint32_t most = (std::uint32_t{1} << bits) - 1;
  return static_cast<std::uint8_t>((value * 255 + most / 2) / most);
}

Result<Picture> show_rgb(const Pixels& pixels) {
  const PixelLayout& layout = pixels.layout;
  if (layout.samples != 3 || layout.is_signed) {
    return contradicts(layout,
                       std::to_string(layout.samples) + (layout.is_signed ? " signed" : "") + " samples a pixel");
  }
  if (layout.bits_allocated == 8 && layout.bits_stored == 8) {
    return Picture{layout.columns, layout.rows, 3, pixels.bytes};
  }
  Picture picture = blank(layout, 3);
  std::vector<std::int32_t> row(layout.columns);
  for (std::uint16_t component = 0; component < 3; ++component) {
    std::uint8_t* to = picture.bytes.data() + component;
    for (std::uint64_t first = 0; first < layout.pixels(); first += row.size()) {
      take_samples(pixels, component, first, row);
      for (const std::int32_t value : row) {
        *to = high_bits(static_cast<std::uint32_t>(value), layout.bits_stored);
        to += 3;
      }
    }
  }
  return picture;
}

Result<Picture> show_ybr(const Pixels& pixels) {
  const PixelLayout& layout = pixels.layout;
  if (layout.bits_allocated != 8 || layout.bits_stored != 8) {
    return Status(Code::Unsupported, "show pixels of YBR_FULL: " + std::to_string(layout.bits_stored) + " bits");
  }
  if (layout.samples != 3) {
    return contradicts(layout, std::to_string(layout.samples) + " samples a pixel");
  }
  Pixels rgb = pixels;
  convert_ybr_to_rgb(rgb);
  return show_rgb(rgb);
}

}  // namespace

Result<Picture> to_picture(const Pixels& pixels, const DisplayRules& rules) {
  RETURN_IF_ERROR(check_layout(pixels.layout));
  if (pixels.bytes.size() != pixels.layout.bytes()) {
    return contradicts(pixels.layout, std::to_string(pixels.bytes.size()) + " bytes, where the header says " +
                                          std::to_string(pixels.layout.bytes()));
  }
  switch (pixels.layout.photometric) {
    case Photometric::Monochrome1:
    case Photometric::Monochrome2:
      return show_gray(pixels, rules);
    case Photometric::PaletteColor:
      return show_palette(pixels, rules);
    case Photometric::Rgb:
      return show_rgb(pixels);
    case Photometric::YbrFull:
      return show_ybr(pixels);
    default:
      break;
  }
  const std::string_view name = photometric_name(pixels.layout.photometric);
  return Status(Code::Unsupported, "pixels of PhotometricInterpretation (0028,0004) " +
                                       std::string(name.empty() ? "that nobody knows" : name) + " are not shown");
}

}  // namespace tessera::codec
