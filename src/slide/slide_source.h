// SlideSource: a whole slide as levels of tiles, whoever's scanner wrote it. A seam: one vendor, one file,
// one row in slide/formats.cc (detect + open). The converter reads slides only through it.
//
// tile() returns compressed tiles as ropes, ready to be a DICOM frame, wherever the format allows: a prefix
// (tables, APP14) and a range of the file, no pixel touched. A SlideSource is immutable after open and safe
// from many threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/rope.h"

namespace tessera::slide {

// How a level's tiles are compressed, and so what the frames become.
struct TileCoding {
  std::string transfer_syntax;  // "1.2.840.10008.1.2.4.50"
  std::string photometric;      // DICOM PhotometricInterpretation: "YBR_FULL_422", "RGB", "MONOCHROME2"
  std::uint16_t samples_per_pixel = 3;
  std::uint16_t bits = 8;
  std::string lossy_method;  // "ISO_10918_1"; empty when lossless
};

struct Level {
  std::uint32_t width = 0, height = 0;            // pixels of the total matrix, without tile padding
  std::uint32_t tile_width = 0, tile_height = 0;  // pixels
  TileCoding coding;
  std::uint32_t columns() const { return (width + tile_width - 1) / tile_width; }
  std::uint32_t rows() const { return (height + tile_height - 1) / tile_height; }
};

// What the file says about the slide; absent where it does not.
struct SlideFacts {
  std::string format;                                    // "Aperio SVS", "pyramidal TIFF"
  std::string file_name;                                 // without folders
  int rotation = 0;                                      // degrees from image to slide axes: 0, 90, 180, 270
  std::optional<double> mm_per_pixel_x, mm_per_pixel_y;  // of level 0
  std::optional<double> objective_power;
  std::string icc_profile;  // raw bytes
  std::string manufacturer, model, serial, software;
  std::string acquired;  // DICOM DT: "20091229095915"
  std::string barcode;
  std::string description;                                      // the vendor's text, for people
  std::vector<std::pair<std::string, std::string>> properties;  // everything else, as key and value
};

class SlideSource {
 public:
  virtual ~SlideSource() = default;
  virtual const SlideFacts& facts() const = 0;
  virtual const std::vector<Level>& levels() const = 0;  // largest first; never two of the same size
  // One tile; InvalidArgument outside the level; Corrupt naming file, directory and tag when its bytes are
  // not what the directory says.
  virtual Result<Rope> tile(std::size_t level, std::uint32_t column, std::uint32_t row) const = 0;
  // The exact length of what tile() returns, known without reading: offset tables are laid out before the
  // first byte.
  virtual Result<std::uint64_t> tile_bytes(std::size_t level, std::uint32_t column, std::uint32_t row) const = 0;
};

// Tries the vendors in order. Unsupported when no reader takes the file, saying what was found (compression,
// layout); Corrupt naming file, directory entry and tag when it is damaged.
Result<std::unique_ptr<SlideSource>> open_slide(const std::filesystem::path& path);

// Whether the first bytes look like a slide (TIFF family) rather than DICOM.
bool looks_like_slide(ByteView first_bytes);

}  // namespace tessera::slide
