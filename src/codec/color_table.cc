#include "codec/color_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "codec/lcms_profile.h"

namespace tessera::codec {

namespace {

constexpr std::size_t kNodes = 33;        // a side
constexpr std::uint32_t kCellLevels = 8;  // from node to node; 7 in the last cell
constexpr std::uint32_t kLastCell = kNodes - 2;
constexpr std::uint32_t kPartBits = 15;
constexpr std::uint32_t kWhole = 1u << kPartBits;
constexpr std::uint32_t kLightBits = 20;
constexpr std::int32_t kFullLight = 1 << kLightBits;
constexpr std::int32_t kMostLight = 8 * kFullLight;  // far beyond what any gamut has in another
constexpr std::size_t kLevels = 16384;               // of one half of the way from light to levels
constexpr std::uint32_t kCoarseBits = 6;

constexpr std::size_t kPositionsAt = 0;
constexpr std::size_t kNodesAt = kPositionsAt + 3 * 256 * 4;
constexpr std::size_t kLevelsAt = kNodesAt + kNodes * kNodes * kNodes * 3 * 4;
static_assert(kLevelsAt + 2 * kLevels == kColorTableBytes);
static_assert(kLevels << kCoarseBits == std::size_t{1} << kLightBits);

std::uint8_t level_of_node(std::size_t node) {
  return static_cast<std::uint8_t>(std::min<std::size_t>(node * kCellLevels, 255));
}

std::string letters(std::uint32_t signature) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto letter = static_cast<char>(signature >> shift & 0xFF);
    text.push_back(letter > ' ' && letter <= '~' ? letter : '?');
  }
  return text;
}

// What a profile makes of levels, as linear light of the target.
class Sampler {
 public:
  static Result<Sampler> open(ByteView icc, ColorSpace to) {
    Sampler sampler;
    sampler.context_ = lcms::make_context(*sampler.words_);
    const cmsContext context = sampler.context_.get();
    const lcms::Profile from(cmsOpenProfileFromMemTHR(context, icc.data(), static_cast<cmsUInt32Number>(icc.size())));
    if (!from) {
      return sampler.corrupt(icc);
    }
    RETURN_IF_ERROR(check_kind(from.get()));
    const lcms::Profile target = lcms::make_profile(context, to, lcms::Light::Linear);
    const bool perceptual = cmsIsCLUT(from.get(), INTENT_PERCEPTUAL, LCMS_USED_AS_INPUT);
    const cmsUInt32Number flags =
        cmsFLAGS_NOCACHE | cmsFLAGS_NOOPTIMIZE | (perceptual ? 0 : cmsFLAGS_BLACKPOINTCOMPENSATION);
    sampler.transform_.reset(cmsCreateTransformTHR(context, from.get(), TYPE_RGB_FLT, target.get(), TYPE_RGB_FLT,
                                                   perceptual ? INTENT_PERCEPTUAL : INTENT_RELATIVE_COLORIMETRIC,
                                                   flags));
    if (!sampler.transform_) {
      return sampler.corrupt(icc);
    }
    return sampler;
  }

  std::vector<float> light_of(const ByteBuffer& levels) const {
    std::vector<float> from(levels.size()), to(levels.size());
    std::transform(levels.begin(), levels.end(), from.begin(), [](std::uint8_t level) { return level / 255.0f; });
    cmsDoTransform(transform_.get(), from.data(), to.data(), static_cast<cmsUInt32Number>(levels.size() / 3));
    return to;
  }

 private:
  static Status check_kind(cmsHPROFILE profile) {
    const cmsProfileClassSignature kind = cmsGetDeviceClass(profile);
    const bool of_pixels = kind == cmsSigInputClass || kind == cmsSigDisplayClass || kind == cmsSigOutputClass ||
                           kind == cmsSigColorSpaceClass;
    const cmsColorSpaceSignature space = cmsGetColorSpace(profile);
    if (of_pixels && space == cmsSigRgbData) {
      return {};
    }
    return Status(Code::Unsupported, "read ICC profile: one of class " + letters(kind) + " and space " +
                                         letters(space) + "; RGB pixels are changed");
  }

  Status corrupt(ByteView icc) const {
    return Status(Code::Corrupt, "read ICC profile of " + std::to_string(icc.size()) +
                                     " bytes: " + (words_->empty() ? std::string("it gives no transform") : *words_));
  }

  std::unique_ptr<std::string> words_ = std::make_unique<std::string>();  // its place stays when the sampler moves
  lcms::Context context_;
  lcms::Transform transform_;
};

// How far each level of a channel is from node to node of its cell, in the light that it makes from black.
void put_positions(ByteBuffer& table, const Sampler& sampler, std::size_t channel) {
  ByteBuffer levels(256 * 3);
  for (std::size_t level = 0; level < 256; ++level) {
    levels[level * 3 + channel] = static_cast<std::uint8_t>(level);
  }
  const std::vector<float> light = sampler.light_of(levels);
  // Along the way that the channel goes as a whole.
  std::array<double, 256> way{};
  for (std::size_t level = 0; level < 256; ++level) {
    for (std::size_t component = 0; component < 3; ++component) {
      way[level] += double{light[level * 3 + component]} * (light[255 * 3 + component] - light[component]);
    }
  }
  for (std::uint32_t level = 0; level < 256; ++level) {
    const std::uint32_t cell = std::min(level / kCellLevels, kLastCell);
    const std::uint32_t low = level_of_node(cell), high = level_of_node(cell + 1);
    const double gone = (way[level] - way[low]) / (way[high] - way[low]);
    const bool sound = gone >= 0 && gone <= 1;  // not where a profile turns back, stands still or gives no number
    const double part = sound ? gone : static_cast<double>(level - low) / (high - low);
    store_le(table.data() + kPositionsAt + (channel * 256 + level) * 4,
             cell << 16 | static_cast<std::uint32_t>(part * kWhole + 0.5));
  }
}

void put_nodes(ByteBuffer& table, const Sampler& sampler) {
  ByteBuffer levels;
  levels.reserve(kNodes * kNodes * kNodes * 3);
  for (std::size_t node = 0; node < kNodes * kNodes * kNodes; ++node) {
    levels.insert(levels.end(), {level_of_node(node / kNodes / kNodes), level_of_node(node / kNodes % kNodes),
                                 level_of_node(node % kNodes)});
  }
  std::uint8_t* to = table.data() + kNodesAt;
  for (const float light : sampler.light_of(levels)) {
    const double bounded =
        std::isfinite(light) ? std::clamp(light * double{kFullLight}, -1.0 * kMostLight, 1.0 * kMostLight) : 0;
    store_le(to, static_cast<std::int32_t>(std::lround(bounded)));
    to += 4;
  }
}

void put_levels(ByteBuffer& table, ColorSpace to) {
  const auto level = [&](double light) {
    return static_cast<std::uint8_t>(std::lround(255 * std::clamp(lcms::encoded(to, light / kFullLight), 0.0, 1.0)));
  };
  for (std::size_t at = 0; at < kLevels; ++at) {
    const double middle = (static_cast<double>(at) + 0.5) * (1 << kCoarseBits);
    table[kLevelsAt + at] = level(static_cast<double>(at));
    table[kLevelsAt + kLevels + at] = level(middle);
  }
}

// A level's place in the grid. Part and step are one number, so that three of them are put in order without branches,
// which pixels would make unforeseeable.
struct Position {
  std::uint64_t edge = 0;    // part of the cell, up to kWhole, x 2^32 + the step to the node after it, in bytes
  std::uint32_t offset = 0;  // of the cell's first node, in bytes
};

std::int64_t part_of(std::uint64_t edge) {
  return static_cast<std::int64_t>(edge >> 32);
}

std::uint32_t step_of(std::uint64_t edge) {
  return static_cast<std::uint32_t>(edge);
}

// A table as it is read: what a worker sent may be anything, so cells and parts are bounded here and nowhere else.
class TableReader {
 public:
  explicit TableReader(ByteView table) : nodes_(table.data() + kNodesAt), levels_(table.data() + kLevelsAt) {
    std::uint32_t step = kNodes * kNodes * 3 * 4;
    for (std::size_t channel = 0; channel < 3; ++channel, step /= kNodes) {
      for (std::size_t level = 0; level < 256; ++level) {
        const std::uint32_t word = load_le32(table.data() + kPositionsAt + (channel * 256 + level) * 4);
        const std::uint64_t part = std::min(word & 0xFFFF, kWhole);
        positions_[channel * 256 + level] = {part << 32 | step, std::min(word >> 16, kLastCell) * step};
      }
    }
  }

  // From corner to corner of the cell, first along the channel that is farthest in it: the tetrahedron's edges.
  void change(std::uint8_t* pixel) const {
    const Position& red = position(0, pixel[0]);
    const Position& green = position(1, pixel[1]);
    const Position& blue = position(2, pixel[2]);
    const std::uint64_t high = std::max(red.edge, green.edge), low = std::min(red.edge, green.edge);
    const std::uint64_t first = std::max(high, blue.edge), other = std::min(high, blue.edge);
    const std::uint64_t second = std::max(low, other), third = std::min(low, other);
    const std::uint8_t* corner = nodes_ + red.offset + green.offset + blue.offset;
    const std::uint8_t* one = corner + step_of(first);
    const std::uint8_t* two = one + step_of(second);
    const std::uint8_t* three = two + step_of(third);
    const std::int64_t at_corner = kWhole - part_of(first), at_one = part_of(first) - part_of(second);
    const std::int64_t at_two = part_of(second) - part_of(third), at_three = part_of(third);
    for (std::size_t component = 0; component < 3; ++component) {
      const std::int64_t light = value(corner, component) * at_corner + value(one, component) * at_one +
                                 value(two, component) * at_two + value(three, component) * at_three;
      pixel[component] = level((light + kWhole / 2) >> kPartBits);
    }
  }

 private:
  const Position& position(std::size_t channel, std::uint8_t level) const {
    return positions_.data()[channel * 256 + level];
  }
  static std::int64_t value(const std::uint8_t* node, std::size_t component) {
    return load_le<std::int32_t>(node + component * 4);
  }
  std::uint8_t level(std::int64_t light) const {
    const auto bounded = static_cast<std::size_t>(std::clamp<std::int64_t>(light, 0, kFullLight - 1));
    return bounded < kLevels ? levels_[bounded] : levels_[kLevels + (bounded >> kCoarseBits)];
  }

  const std::uint8_t* nodes_;
  const std::uint8_t* levels_;
  std::array<Position, 3 * 256> positions_;
};

}  // namespace

Result<ByteBuffer> sample_profile(ByteView icc, ColorSpace to) {
  constexpr std::size_t kHeader = 128;
  if (icc.size() > kMaxProfileBytes) {
    return Status(Code::TooLarge, "read ICC profile of " + std::to_string(icc.size()) + " bytes; up to " +
                                      std::to_string(kMaxProfileBytes) + " are read");
  }
  if (icc.size() <= kHeader) {
    return Status(Code::Corrupt, "read ICC profile of " + std::to_string(icc.size()) + " bytes: its header alone has " +
                                     std::to_string(kHeader));
  }
  TRY_ASSIGN(const Sampler sampler, Sampler::open(icc, to));
  ByteBuffer table(kColorTableBytes);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    put_positions(table, sampler, channel);
  }
  put_nodes(table, sampler);
  put_levels(table, to);
  return table;
}

bool apply_color_table(Picture& picture, ByteView table) {
  if (table.size() != kColorTableBytes) {
    return false;
  }
  if (picture.channels != 3) {
    return true;
  }
  const TableReader reader(table);
  std::uint8_t* pixel = picture.bytes.data();
  // Glass is most of a slide: what was before and is again is not computed again.
  std::array<std::uint8_t, 3> before{}, after{};
  reader.change(after.data());
  for (std::size_t left = picture.bytes.size() / 3; left > 0; --left, pixel += 3) {
    if (std::memcmp(pixel, before.data(), 3) != 0) {
      std::memcpy(before.data(), pixel, 3);
      std::memcpy(after.data(), pixel, 3);
      reader.change(after.data());
    }
    std::memcpy(pixel, after.data(), 3);
  }
  return true;
}

}  // namespace tessera::codec
