// make_slide: JPEG tiles and JPEG pyramids for tests, made with TurboJPEG and make_tiff.h. Every field is a
// knob that some test turns the wrong way.
#pragma once

#include <turbojpeg.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/make_tiff.h"

namespace tessera::test_support {

// A whole baseline JPEG (with JFIF, as TurboJPEG writes) of a pattern that `seed` moves.
inline std::string make_jpeg(int width, int height, bool gray = false, int subsampling = TJSAMP_420,
                             unsigned seed = 0) {
  const int samples = gray ? 1 : 3;
  std::vector<unsigned char> pixels(static_cast<std::size_t>(width * height * samples));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = static_cast<unsigned char>((i / 7 + i * i / 1001 + seed * 37) & 255);
  }
  tjhandle handle = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long length = 0;
  const int failed = tjCompress2(handle, pixels.data(), width, 0, height, gray ? TJPF_GRAY : TJPF_RGB, &out, &length,
                                 gray ? TJSAMP_GRAY : subsampling, 80, 0);
  std::string jpeg(reinterpret_cast<char*>(out), failed == 0 ? length : 0);
  tjFree(out);
  tjDestroy(handle);
  if (failed != 0) {
    throw std::runtime_error("TurboJPEG does not compress");
  }
  return jpeg;
}

struct SplitJpeg {
  std::string tables;  // SOI, DQT and DHT, EOI: tag 347
  std::string tile;    // SOI, SOF, SOS and the scan: an abbreviated stream without markers that state its colours
};

inline SplitJpeg split_jpeg(const std::string& jpeg) {
  SplitJpeg split{"\xFF\xD8", "\xFF\xD8"};
  std::size_t at = 2;
  while (true) {
    const auto marker = static_cast<unsigned char>(jpeg[at + 1]);
    const std::size_t length =
        static_cast<unsigned char>(jpeg[at + 2]) * 256u + static_cast<unsigned char>(jpeg[at + 3]);
    const std::string segment = jpeg.substr(at, length + 2);
    at += segment.size();
    if (marker == 0xDB || marker == 0xC4) {
      split.tables += segment;
    } else if (marker != 0xE0) {
      split.tile += segment;
    }
    if (marker == 0xDA) {
      split.tile += jpeg.substr(at);
      split.tables += "\xFF\xD9";
      return split;
    }
  }
}

struct SlideKnobs {
  bool big = false, big_endian = false;
  bool abbreviated = true;  // tables in tag 347
  bool gray = false;
  std::uint64_t photometric = 6;
  int subsampling = TJSAMP_420;
  std::uint32_t width = 200, height = 150, tile = 64;
  int levels = 3;  // each half the one before
  bool sub_directories = false;
  std::uint64_t compression = 7, bits = 8, planar = 1, orientation = 1;
  std::uint64_t pixels_per_cm = 20000;  // 0: no resolution tags; 20000 is 0.5 micrometres
  std::string description, icc;
  int missing_tile = -1;  // of level 0: byte count 0
  bool padded = false;    // tags 256 and 257 of the lower levels rounded up to whole tiles
};

struct MadeSlide {
  TiffMaker tiff;
  std::vector<std::uint64_t> directories;       // where each level's directory begins
  std::vector<std::vector<std::string>> tiles;  // as they lie in the file
};

inline MadeSlide make_slide(const SlideKnobs& knobs) {
  MadeSlide slide{TiffMaker(knobs.big, knobs.big_endian), {}, {}};
  std::vector<std::vector<TiffValue>> levels;
  for (int level = 0; level < knobs.levels; ++level) {
    const std::uint32_t width = knobs.width >> level, height = knobs.height >> level;
    const std::uint32_t count = ((width + knobs.tile - 1) / knobs.tile) * ((height + knobs.tile - 1) / knobs.tile);
    std::vector<std::uint64_t> offsets, lengths;
    std::string tables;
    slide.tiles.emplace_back();
    for (std::uint32_t i = 0; i < count; ++i) {
      std::string tile = make_jpeg(static_cast<int>(knobs.tile), static_cast<int>(knobs.tile), knobs.gray,
                                   knobs.subsampling, i + 100 * static_cast<unsigned>(level));
      if (knobs.abbreviated) {
        const SplitJpeg split = split_jpeg(tile);
        tables = split.tables;
        tile = split.tile;
      }
      const bool missing = level == 0 && static_cast<int>(i) == knobs.missing_tile;
      offsets.push_back(missing ? 0 : slide.tiff.data(tile));
      lengths.push_back(missing ? 0 : tile.size());
      slide.tiles.back().push_back(tile);
    }
    const auto stated = [&](std::uint32_t side) {
      return knobs.padded && level > 0 ? (side + knobs.tile - 1) / knobs.tile * knobs.tile : side;
    };
    std::vector<TiffValue> values = {
        {254, 4, {level == 0 ? 0u : 1u}, {}},
        {256, 4, {stated(width)}, {}},
        {257, 4, {stated(height)}, {}},
        {258, 3, knobs.gray ? std::vector<std::uint64_t>{knobs.bits} : std::vector<std::uint64_t>(3, knobs.bits), {}},
        {259, 3, {knobs.compression}, {}},
        {262, 3, {knobs.gray ? 1 : knobs.photometric}, {}}};
    if (!knobs.description.empty()) {
      values.push_back({270, 2, {}, knobs.description + std::string(1, '\0')});
    }
    values.push_back({274, 3, {knobs.orientation}, {}});
    values.push_back({277, 3, {knobs.gray ? 1u : 3u}, {}});
    if (knobs.pixels_per_cm != 0) {
      values.push_back({282, 5, {knobs.pixels_per_cm, 1}, {}});
      values.push_back({283, 5, {knobs.pixels_per_cm, 1}, {}});
    }
    values.push_back({284, 3, {knobs.planar}, {}});
    values.push_back({296, 3, {3}, {}});
    values.push_back({322, 4, {knobs.tile}, {}});
    values.push_back({323, 4, {knobs.tile}, {}});
    values.push_back({324, static_cast<std::uint16_t>(knobs.big ? 16 : 4), offsets, {}});
    values.push_back({325, 4, lengths, {}});
    if (knobs.abbreviated) {
      values.push_back({347, 7, {}, tables});
    }
    if (!knobs.icc.empty()) {
      values.push_back({34675, 7, {}, knobs.icc});
    }
    levels.push_back(std::move(values));
  }
  if (knobs.sub_directories) {
    std::vector<std::uint64_t> subs;
    for (std::size_t i = 1; i < levels.size(); ++i) {
      subs.push_back(slide.tiff.directory(levels[i], false));
    }
    auto& first = levels[0];
    first.insert(first.end() - (knobs.abbreviated ? 1 : 0) - (knobs.icc.empty() ? 0 : 1), {330, 4, subs, {}});
    slide.directories.push_back(slide.tiff.directory(first));
    slide.directories.insert(slide.directories.end(), subs.begin(), subs.end());
    return slide;
  }
  for (const auto& level : levels) {
    slide.directories.push_back(slide.tiff.directory(level));
  }
  return slide;
}

// An image of strips beside the levels, appended to the chain: JPEG of make_jpeg()'s patterns, or plain pixels.
struct StripKnobs {
  std::string description;
  std::uint32_t width = 40, height = 40, rows = 16;
  std::uint64_t compression = 7;  // or 1
  std::uint64_t photometric = 6, subfile = 0;
};

// Where its directory begins; `pixels`, when given, receives what plain strips hold.
inline std::uint64_t add_strips(MadeSlide& slide, const StripKnobs& knobs, std::string* pixels = nullptr) {
  std::vector<std::uint64_t> offsets, lengths;
  std::string tables;
  for (std::uint32_t first = 0; first < knobs.height; first += knobs.rows) {
    const std::uint32_t rows = std::min(knobs.rows, knobs.height - first);
    std::string strip;
    if (knobs.compression == 7) {
      const SplitJpeg split =
          split_jpeg(make_jpeg(static_cast<int>(knobs.width), static_cast<int>(rows), false, TJSAMP_444, first));
      tables = split.tables;
      strip = split.tile;
    } else {
      for (std::uint32_t i = 0; i < knobs.width * rows * 3; ++i) {
        strip += static_cast<char>((first * 31 + i * 7 + i / 11) & 255);
      }
      if (pixels != nullptr) {
        *pixels += strip;
      }
    }
    offsets.push_back(slide.tiff.data(strip));
    lengths.push_back(strip.size());
  }
  std::vector<TiffValue> values = {{254, 4, {knobs.subfile}, {}},
                                   {256, 4, {knobs.width}, {}},
                                   {257, 4, {knobs.height}, {}},
                                   {258, 3, {8, 8, 8}, {}},
                                   {259, 3, {knobs.compression}, {}},
                                   {262, 3, {knobs.photometric}, {}},
                                   {270, 2, {}, knobs.description + std::string(1, '\0')},
                                   {273, 4, offsets, {}},
                                   {277, 3, {3}, {}},
                                   {278, 4, {knobs.rows}, {}},
                                   {279, 4, lengths, {}}};
  if (!tables.empty()) {
    values.push_back({347, 7, {}, tables});
  }
  return slide.tiff.directory(values);
}

}  // namespace tessera::test_support
