#include "codec/area_scaler.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tessera::codec {

namespace {

constexpr std::uint32_t kColumnBits = 24;  // of a horizontal weight of 1: 255 times it is below 2^32
constexpr std::uint32_t kSumBits = 24;     // of a sum's value of 1: likewise
// Vertical weights need more bits where many rows make one; what they take, a row's values lose behind the point.
constexpr std::uint32_t kFewRows = 32;
constexpr std::uint32_t kRowBits = 16, kManyRowBits = 20;

// Where the line before pixel `at` of a side of `from` pixels lies on one of `to`.
struct Line {
  std::uint32_t pixel = 0;
  std::uint32_t part = 0;  // of it, 1 being 2^bits
};

Line line_at(std::uint64_t at, std::uint32_t from, std::uint32_t to, std::uint32_t bits) {
  const std::uint64_t place = at * to;
  const std::uint64_t part = place % from;
  return {static_cast<std::uint32_t>(place / from), static_cast<std::uint32_t>(((part << bits) + from / 2) / from)};
}

// A pixel of the source in one or two of the picture.
struct Share {
  std::uint32_t pixel = 0;                // the first of them
  std::uint32_t weight = 0, overlap = 0;  // in it, and in the one after it
};

// Weights are differences of rounded lines, so that those of a pixel are 1 in all, however many they are.
Share share_of(std::uint64_t at, std::uint32_t from, std::uint32_t to, std::uint32_t bits) {
  const Line begin = line_at(at, from, to, bits);
  const Line end = line_at(at + 1, from, to, bits);
  if (begin.pixel == end.pixel) {
    return {begin.pixel, end.part - begin.part, 0};
  }
  return {begin.pixel, (std::uint32_t{1} << bits) - begin.part, end.part};
}

// What each pixel of a row of the picture takes of the columns of a part, from pixel `first` on. A column between two
// pixels is weighed for both.
struct Columns {
  struct Run {
    std::uint32_t begin = 0, count = 0;
    std::uint32_t covered = 0;  // the sum of the weights: 1 but for the pixels at the part's sides
  };
  std::uint32_t first = 0;
  std::vector<Run> runs;
  std::vector<std::uint32_t> weights;  // of one run after the other

  void add(std::uint32_t pixel, std::uint32_t column, std::uint32_t weight) {
    if (weight == 0) {
      return;
    }
    if (runs.empty()) {
      first = pixel;
    }
    if (first + runs.size() == pixel) {
      runs.push_back({column, 0, 0});
    }
    ++runs.back().count;
    runs.back().covered += weight;
    weights.push_back(weight);
  }
};

Columns columns_of(std::uint32_t x, std::uint32_t width, std::uint32_t from, std::uint32_t to) {
  Columns columns;
  columns.weights.reserve(std::size_t{2} * width);
  for (std::uint32_t column = 0; column < width; ++column) {
    const Share share = share_of(std::uint64_t{x} + column, from, to, kColumnBits);
    columns.add(share.pixel, column, share.weight);
    columns.add(share.pixel + 1, column, share.overlap);
  }
  return columns;
}

std::uint32_t rounded(std::uint32_t value, std::uint32_t drop) {
  return static_cast<std::uint32_t>((std::uint64_t{value} + (std::uint64_t{1} << drop >> 1)) >> drop);
}

// One row of a part, each value the sum of what its pixel takes, with kColumnBits - drop bits behind the point.
template <std::size_t kChannels>
void reduce_row(const std::uint8_t* row, const Columns& columns, std::uint32_t drop, std::uint32_t* to) {
  const std::uint32_t* weight = columns.weights.data();
  for (const Columns::Run& run : columns.runs) {
    const std::uint8_t* pixel = row + std::size_t{run.begin} * kChannels;
    std::uint32_t sums[kChannels] = {};
    for (std::uint32_t left = run.count; left > 0; --left, ++weight, pixel += kChannels) {
      for (std::size_t channel = 0; channel < kChannels; ++channel) {
        sums[channel] += *weight * pixel[channel];
      }
    }
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      *to++ = rounded(sums[channel], drop);
    }
  }
}

ByteBuffer filled(std::size_t pixels, std::uint16_t channels, std::array<std::uint8_t, 3> fill) {
  ByteBuffer bytes(pixels * channels, fill[0]);
  for (std::size_t at = 0; channels == 3 && at < bytes.size(); at += 3) {
    std::memcpy(bytes.data() + at, fill.data(), 3);
  }
  return bytes;
}

}  // namespace

AreaScaler::AreaScaler(std::uint32_t source_width, std::uint32_t source_height, std::uint32_t width,
                       std::uint32_t height, std::uint16_t channels, std::array<std::uint8_t, 3> fill)
    : source_width_(source_width), source_height_(source_height), fill_(fill) {
  picture_.width = std::min(width, source_width);
  picture_.height = std::min(height, source_height);
  picture_.channels = channels;
  picture_.bytes = filled(std::size_t{picture_.width} * picture_.height, channels, fill);
  row_bits_ = source_height / std::max(picture_.height, 1u) < kFewRows ? kRowBits : kManyRowBits;
  blank_.reserve(picture_.row_bytes());
  for (std::size_t sample = 0; sample < picture_.row_bytes(); ++sample) {
    blank_.push_back(std::uint32_t{fill[sample % channels]} << kSumBits);
  }
}

AreaScaler::Part AreaScaler::part_of(const Picture& block, std::int64_t x, std::int64_t y) const {
  // The rows that are written already are above the region, too.
  const std::uint64_t done =
      (std::uint64_t{first_row_} * source_height_ + picture_.height - 1) / std::max(picture_.height, 1u);
  const std::int64_t left = std::max<std::int64_t>(x, 0);
  const std::int64_t top = std::max<std::int64_t>(y, static_cast<std::int64_t>(done));
  const std::int64_t right = std::min<std::int64_t>(source_width_, x + block.width);
  const std::int64_t bottom = std::min<std::int64_t>(source_height_, y + block.height);
  const bool fits = block.channels == picture_.channels && block.bytes.size() == block.row_bytes() * block.height &&
                    picture_.width > 0 && picture_.height > 0;
  if (!fits || right <= left || bottom <= top) {
    return {};
  }
  const auto narrow = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  return {narrow(left - x), narrow(top - y), narrow(right - left), narrow(bottom - top), narrow(left), narrow(top)};
}

void AreaScaler::add(const Picture& block, std::int64_t x, std::int64_t y) {
  constexpr std::int64_t kFar = std::int64_t{1} << 40;  // beyond any region; what lies there takes part in no sum
  if (std::max(x, y) > kFar || std::min(x, y) < -kFar) {
    return;
  }
  const Part part = part_of(block, x, y);
  if (part.height == 0) {
    return;
  }
  if (source_width_ == picture_.width && source_height_ == picture_.height) {
    copy(block, part);
  } else {
    shrink(block, part);
  }
}

void AreaScaler::copy(const Picture& block, const Part& part) {
  const std::size_t pixel = picture_.channels;
  const std::uint8_t* from = block.bytes.data() + part.top * block.row_bytes() + part.left * pixel;
  std::uint8_t* to = picture_.bytes.data() + part.y * picture_.row_bytes() + part.x * pixel;
  for (std::uint32_t row = 0; row < part.height; ++row) {
    std::memcpy(to, from, part.width * pixel);
    from += block.row_bytes();
    to += picture_.row_bytes();
  }
}

// Sums begin as the fill; a part takes as much of it away as it covers, so that all of them are of weight 1 at the end.
// On the way they may wrap. At the end they do not, or by a rounding below 0, which the last rounding wraps back.
void AreaScaler::shrink(const Picture& block, const Part& part) {
  const std::size_t channels = picture_.channels;
  const std::uint32_t drop = row_bits_;  // kColumnBits, less the kSumBits - row_bits_ that stay
  const Columns columns = columns_of(part.x, part.width, source_width_, picture_.width);
  std::vector<std::uint32_t> fill;
  fill.reserve(columns.runs.size() * channels);
  for (const Columns::Run& run : columns.runs) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      fill.push_back(rounded(run.covered * fill_[channel], drop));
    }
  }
  std::vector<std::uint32_t> values(fill.size());
  const auto reduce = channels == 1 ? reduce_row<1> : reduce_row<3>;
  const std::uint8_t* from = block.bytes.data() + part.top * block.row_bytes() + part.left * channels;
  for (std::uint32_t row = 0; row < part.height; ++row, from += block.row_bytes()) {
    reduce(from, columns, drop, values.data());
    for (std::size_t at = 0; at < values.size(); ++at) {
      values.data()[at] -= fill.data()[at];
    }
    const Share share = share_of(std::uint64_t{part.y} + row, source_height_, picture_.height, row_bits_);
    add_row(share.pixel, columns.first * channels, values, share.weight);
    add_row(share.pixel + 1, columns.first * channels, values, share.overlap);
  }
}

void AreaScaler::add_row(std::uint32_t row, std::size_t first, const std::vector<std::uint32_t>& values,
                         std::uint32_t weight) {
  if (weight == 0 || row < first_row_) {
    return;
  }
  const std::size_t at = row - first_row_;
  if (at >= sums_.size()) {
    sums_.resize(at + 1);
  }
  std::vector<std::uint32_t>& sums = sums_[at];
  if (sums.empty()) {
    sums = blank_;
  }
  std::uint32_t* to = sums.data() + first;
  const std::uint32_t* from = values.data();
  for (std::size_t left = values.size(); left > 0; --left) {
    *to++ += *from++ * weight;
  }
}

void AreaScaler::write_rows(std::uint32_t end) {
  for (; first_row_ < end; ++first_row_) {
    if (sums_.empty()) {
      first_row_ = end;
      return;
    }
    std::uint8_t* to = picture_.bytes.data() + first_row_ * picture_.row_bytes();
    for (const std::uint32_t sum : sums_.front()) {
      *to++ = static_cast<std::uint8_t>(rounded(sum, kSumBits));
    }
    sums_.pop_front();
  }
}

void AreaScaler::end_band(std::uint32_t y) {
  const std::uint64_t rows =
      std::uint64_t{std::min(y, source_height_)} * picture_.height / std::max(source_height_, 1u);
  write_rows(static_cast<std::uint32_t>(rows));
}

Picture AreaScaler::finish() {
  write_rows(picture_.height);
  return std::move(picture_);
}

}  // namespace tessera::codec
