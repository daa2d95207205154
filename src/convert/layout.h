// layout: where every byte of an instance will lie, known before the first is written, from the tiles'
// lengths alone (no pixel is read). So a file can be streamed front to back to a disk, an upload or the
// archive, with its offset table in front (PS3.5 A.4, PS3.3 C.7.6.3.1.8).
//
//   instance := header | [ExtendedOffsetTable, …Lengths] | PixelData, item of offsets (or empty), item per
//   frame, end
//            |  header | PixelData, frames one after the other     (native: TileCoding::is_native)
//
// The Basic Offset Table when the last frame begins below 4 GiB, else the Extended one and an empty Basic
// one.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"
#include "slide/slide_source.h"

namespace tessera::convert {

struct Layout {
  std::uint32_t frames = 0;
  std::uint64_t payload = 0;     // codestream bytes of all frames, without padding: the compression ratio's divisor
  std::uint64_t items = 0;       // item headers, frames and pad bytes; native: frames and a pad byte
  bool native = false;           // plain pixels in PixelData of stated length
  bool extended = false;         // ExtendedOffsetTable rather than the Basic one
  std::uint64_t tables = 0;      // bytes of both offset-table elements before PixelData
  std::uint64_t pixel_data = 0;  // bytes from PixelData's tag to the end of the file

  std::uint64_t after_header() const { return tables + pixel_data; }
};

inline constexpr std::uint64_t kLastBasicOffset = 0xFFFFFFFF;

// TooLarge for more frames than NumberOfFrames (IS) can say. `last_basic_offset` is smaller in tests only.
Result<Layout> lay_out(const slide::SlideSource& source, std::size_t image,
                       std::uint64_t last_basic_offset = kLastBasicOffset);

using Emit = std::function<Status(ByteView)>;

// The bytes between the header and the first frame's item: offset tables and PixelData's tag.
Status emit_tables(const slide::SlideSource& source, std::size_t image, const Layout& layout, const Emit& emit);

// Every tile in TILED_FULL order: column fastest (PS3.3 C.7.6.17.3).
Status each_tile(const slide::Image& image,
                 const std::function<Status(std::uint32_t column, std::uint32_t row)>& visit);

}  // namespace tessera::convert
