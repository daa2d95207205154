// SlideSource: a whole slide as images made of tiles, whoever's scanner wrote it: the levels of its pyramid,
// and what the scanner photographed beside it (label, overview, thumbnail), each an image of one tile. A seam:
// one vendor, one file, one row in slide/formats.cc (detect + open). The converter reads slides only through
// it, and reads every image in the same way.
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
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/rope.h"
#include "slide/decoders.h"

namespace tessera::slide {

// What an image shows: value 3 of DICOM's ImageType. A level of the pyramid is a Volume.
enum class ImageFlavor : std::uint8_t { Volume, Thumbnail, Label, Overview };

inline constexpr std::string_view kNativeSyntax = "1.2.840.10008.1.2.1";  // explicit VR little endian

// How an image's tiles are compressed, and so what the frames become.
struct TileCoding {
  std::string transfer_syntax;  // "1.2.840.10008.1.2.4.50"; kNativeSyntax: tile() gives plain pixels, row by row
  std::string photometric;      // DICOM PhotometricInterpretation: "YBR_FULL_422", "RGB", "MONOCHROME2"
  std::uint16_t samples_per_pixel = 3;
  std::uint16_t bits = 8;
  std::string lossy_method;  // "ISO_10918_1"; empty when lossless
  // Bytes of the lossy stream that pixels given plain were decoded from; 0: the tiles are that stream.
  std::uint64_t lossy_bytes = 0;

  bool is_native() const { return transfer_syntax == kNativeSyntax; }
};

struct Image {
  std::uint32_t width = 0, height = 0;            // pixels of the total matrix, without tile padding
  std::uint32_t tile_width = 0, tile_height = 0;  // pixels; of an associated image (no Volume) width and height
  TileCoding coding;
  ImageFlavor flavor = ImageFlavor::Volume;
  // Of a label or overview, where the source states it; of levels and thumbnails SlideFacts tells.
  std::optional<double> mm_per_pixel_x = {}, mm_per_pixel_y = {};
  std::string icc_profile = {};  // raw bytes, where an associated image has a profile of its own
  std::string handling = {};     // what was done to its bytes, for people: "JPEG strips joined without re-encoding"
  // Why an associated image cannot be had: Corrupt or Unsupported naming file, directory and tag. Nothing but
  // the flavor is then meant. (Levels fail the open.)
  Status damage = {};

  std::uint32_t columns() const { return (width + tile_width - 1) / tile_width; }
  std::uint32_t rows() const { return (height + tile_height - 1) / tile_height; }
  bool is_level() const { return flavor == ImageFlavor::Volume; }
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
  // The levels, largest first and never two of the same size, then the associated images.
  virtual const std::vector<Image>& images() const = 0;
  // One tile; InvalidArgument outside the image or when it is damaged; Corrupt naming file, directory and tag
  // when its bytes are not what the directory says.
  virtual Result<Rope> tile(std::size_t image, std::uint32_t column, std::uint32_t row) const = 0;
  // The exact length of what tile() returns, known without reading: offset tables are laid out before the
  // first byte.
  virtual Result<std::uint64_t> tile_bytes(std::size_t image, std::uint32_t column, std::uint32_t row) const = 0;
};

// Tries the vendors in order. Unsupported when no reader takes the file, saying what was found (compression,
// layout); Corrupt naming file, directory entry and tag when it is damaged; what `decoders` are Unavailable with.
Result<std::unique_ptr<SlideSource>> open_slide(const std::filesystem::path& path, const Decoders& decoders = nullptr);

// Whether the first bytes look like a slide (TIFF family) rather than DICOM.
bool looks_like_slide(ByteView first_bytes);

}  // namespace tessera::slide
