// demo_slide: a synthetic slide (tissue.h) as a pyramidal BigTIFF of any size.
//
// The pyramid is walked as a tree, corner by corner: a tile of a lower level is the average of the four under it, made
// as soon as they are. So what is held is a few tiles a level and a fixed number of subtrees in the making, whatever
// the size; and every level shows exactly what level 0 does. Subtrees are drawn and encoded on a pool and written in
// the tree's order: the bytes depend on the options alone, not on how many threads there are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/result.h"

namespace tessera::convert {

struct DemoOptions {
  std::uint64_t width = 20000, height = 15000;  // pixels
  std::uint64_t seed = 1;
  std::uint32_t tile = 512;  // pixels a side
  double micrometres_per_pixel = 0.25;
  int quality = 80;      // of the JPEG tiles
  bool replace = false;  // an existing file
  unsigned threads = 1;
  std::function<bool()> cancelled = {};  // asked at every subtree; may be empty
};

struct DemoSummary {
  std::uint64_t bytes = 0, tiles = 0;
  std::size_t levels = 0;
};

// InvalidArgument naming the option that is out of its range; AlreadyExists; Cancelled; otherwise what the disk says.
// After any failure the file is not there.
Result<DemoSummary> write_demo_slide(const std::filesystem::path& path, const DemoOptions& options);

}  // namespace tessera::convert
