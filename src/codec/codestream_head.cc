#include "codec/codestream_head.h"

#include <algorithm>
#include <array>
#include <string>

namespace tessera::codec {

namespace {

constexpr std::size_t kFixed = 42;         // SOC and SIZ up to the first component
constexpr std::size_t kBoxes = 64 * 1024;  // of JP2 before the codestream: colours, a profile
constexpr std::uint64_t kFewTiles = 16;
constexpr std::uint64_t kSmallTile = 4096;  // pixels

struct Siz {
  std::uint64_t width = 0, height = 0;
  std::uint64_t tiles = 0;
  std::uint16_t components = 0;
  unsigned bits = 0;  // of the deepest component
  bool subsampled = false;
};

Status corrupt(const std::string& why) {
  return Status(Code::Corrupt, "JPEG 2000: " + why);
}

Result<Siz> read_siz(ByteView frame) {
  constexpr std::array<std::uint8_t, 4> kSocSiz = {0xFF, 0x4F, 0xFF, 0x51};
  const ByteView searched = frame.first(std::min(frame.size(), kBoxes));
  const auto at = std::search(searched.begin(), searched.end(), kSocSiz.begin(), kSocSiz.end());
  const ByteView bytes = frame.subspan(static_cast<std::size_t>(at - searched.begin()));
  if (bytes.size() < kFixed) {
    return corrupt("no codestream (SOC, SIZ) begins in its " + std::to_string(frame.size()) + " bytes");
  }
  const auto field = [&](std::size_t index) { return std::uint64_t{load_be32(bytes.data() + 8 + 4 * index)}; };
  const std::uint64_t x1 = field(0), y1 = field(1), x0 = field(2), y0 = field(3);
  const std::uint64_t tile_width = field(4), tile_height = field(5), tile_x0 = field(6), tile_y0 = field(7);
  Siz siz;
  siz.components = load_be16(bytes.data() + 40);
  if (x1 <= x0 || y1 <= y0 || tile_width == 0 || tile_height == 0 || tile_x0 > x0 || tile_y0 > y0 ||
      siz.components == 0 || bytes.size() < kFixed + std::size_t{3} * siz.components) {
    return corrupt("its SIZ segment contradicts itself");
  }
  siz.width = x1 - x0;
  siz.height = y1 - y0;
  const auto counted = [](std::uint64_t length, std::uint64_t step) { return (length + step - 1) / step; };
  siz.tiles = counted(x1 - tile_x0, tile_width) * counted(y1 - tile_y0, tile_height);
  for (std::size_t at_component = kFixed; at_component < kFixed + 3u * siz.components; at_component += 3) {
    siz.bits = std::max(siz.bits, (bytes[at_component] & 0x7Fu) + 1);
    siz.subsampled = siz.subsampled || bytes[at_component + 1] != 1 || bytes[at_component + 2] != 1;
  }
  return siz;
}

}  // namespace

Status check_codestream_head(ByteView frame, const PixelLayout& header) {
  TRY_ASSIGN(const Siz siz, read_siz(frame));
  if (siz.subsampled) {
    return Status(Code::Unsupported, "JPEG 2000 with subsampled components is not decoded");
  }
  if (siz.width != header.columns || siz.height != header.rows || siz.bits > header.bits_allocated) {
    return corrupt(std::to_string(siz.width) + " x " + std::to_string(siz.height) + " samples of " +
                   std::to_string(siz.bits) + " bits, where the header promises " + std::to_string(header.columns) +
                   " x " + std::to_string(header.rows) + " of " + std::to_string(header.bits_allocated));
  }
  const std::uint64_t most = std::max(kFewTiles, header.pixels() / kSmallTile);
  if (siz.tiles > most) {
    return Status(Code::TooLarge, "JPEG 2000 of " + std::to_string(siz.tiles) +
                                      " tiles; an image of this size may have " + std::to_string(most));
  }
  return {};
}

}  // namespace tessera::codec
