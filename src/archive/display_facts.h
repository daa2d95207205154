// DisplayFacts: what an instance's header says of how its pixels are shown: windows, palettes, the colour profile, and
// where the frames of a slide lie in its total pixel matrix. Read from the stored file when an instance is rendered
// first, up to its pixels; a slide of sparse frames is read through its per-frame groups, of which eight bytes a frame
// are kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/locator.h"
#include "base/bytes.h"
#include "codec/display.h"

namespace tessera::archive {

// The place of a frame's first pixel, from 0.
struct TilePosition {
  std::int64_t column = 0, row = 0;
};

// The slide that frames are tiles of (PS3.3 C.8.12.4); 0 columns: frames are images of their own.
struct TotalPixelMatrix {
  std::uint32_t columns = 0, rows = 0;
  bool full = false;                    // TILED_FULL: frames row by row, plane after plane
  std::vector<TilePosition> positions;  // TILED_SPARSE: of each frame
  bool is_there() const { return columns != 0 && rows != 0; }
};

struct DisplayFacts {
  std::string study, frame_of_reference, pyramid, concatenation;
  std::uint32_t first_frame = 0;  // of a part of a concatenation: how many frames the parts before it have
  std::uint32_t tile_rows = 0, tile_columns = 0;
  codec::DisplayRules rules;
  ByteBuffer icc;  // empty: none
  TotalPixelMatrix matrix;

  std::size_t weight() const { return 512 + icc.size() + matrix.positions.size() * sizeof(TilePosition); }
};

// Blocks.
Result<DisplayFacts> read_display_facts(const Located& located);

}  // namespace tessera::archive
