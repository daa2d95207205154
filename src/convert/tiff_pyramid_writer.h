// TiffPyramidWriter: a pyramidal BigTIFF of JPEG tiles, each tile a whole JPEG, levels halving down to one tile.
//
//   file := header (16 bytes) directories (their arrays of offsets and byte counts included) tiles
//
// The directories are laid out first, since the size decides everything in them but where tiles are; tiles follow in
// the order they are put, and their two numbers are written into their places. So nothing is held, whatever the size.
// The header comes last: until finish() the file is no TIFF, and it has another name (".NAME.PID.part"), which the
// destructor removes. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"

namespace tessera::convert {

struct TiffPyramid {
  std::uint64_t width = 0, height = 0;  // of level 0, at most 2^31
  std::uint32_t tile = 512;             // pixels a side, a multiple of 16
  double micrometres_per_pixel = 0.25;  // of level 0
  std::string description = {};

  struct Level {
    std::uint64_t width, height;  // pixels
    std::uint64_t columns, rows;  // tiles
  };
  // Each half of the one before, rounded up; the last is the first that one tile holds.
  std::vector<Level> levels() const;
};

class TiffPyramidWriter {
 public:
  // AlreadyExists when `path` is there and `replace` does not hold.
  static Result<TiffPyramidWriter> create(const std::filesystem::path& path, const TiffPyramid& pyramid, bool replace);
  ~TiffPyramidWriter();
  TiffPyramidWriter(TiffPyramidWriter&&) noexcept;
  TiffPyramidWriter& operator=(TiffPyramidWriter&&) = delete;

  // A tile of YCbCr 4:2:0, `tile` pixels a side also at the edges. Every tile of every level once, in any order.
  Status put_tile(std::size_t level, std::uint64_t column, std::uint64_t row, ByteView jpeg);
  // Header, fsync, and the name; before that nobody sees the file. Internal when a tile is missing.
  Status finish();

  std::uint64_t bytes() const { return end_; }

 private:
  struct Arrays {
    std::uint64_t columns, offsets, lengths;  // where in the file the first entry of each is
  };

  TiffPyramidWriter() = default;
  Status append(ByteView bytes);
  Status write_directories(const TiffPyramid& pyramid);

  std::filesystem::path path_, partial_;
  bool replace_ = false;
  File file_;
  std::vector<Arrays> levels_;
  std::uint64_t missing_ = 0;      // tiles not yet put
  std::uint64_t end_ = 0;          // bytes so far
  std::uint64_t handed_over_ = 0;  // bytes whose writing out was begun
};

}  // namespace tessera::convert
