#include "slide/tiff_tags.h"

#include <algorithm>
#include <array>

namespace tessera::slide::tiff {

namespace {

struct Row {
  std::uint16_t number;
  const char* name;
};

constexpr auto kTagNames = std::to_array<Row>({
    {kNewSubfileType, "NewSubfileType"},
    {kImageWidth, "ImageWidth"},
    {kImageLength, "ImageLength"},
    {kBitsPerSample, "BitsPerSample"},
    {kCompression, "Compression"},
    {kPhotometricInterpretation, "PhotometricInterpretation"},
    {kImageDescription, "ImageDescription"},
    {kMake, "Make"},
    {kModel, "Model"},
    {kStripOffsets, "StripOffsets"},
    {kOrientation, "Orientation"},
    {kSamplesPerPixel, "SamplesPerPixel"},
    {kRowsPerStrip, "RowsPerStrip"},
    {kStripByteCounts, "StripByteCounts"},
    {kXResolution, "XResolution"},
    {kYResolution, "YResolution"},
    {kPlanarConfiguration, "PlanarConfiguration"},
    {kResolutionUnit, "ResolutionUnit"},
    {kSoftware, "Software"},
    {kDateTime, "DateTime"},
    {kTileWidth, "TileWidth"},
    {kTileLength, "TileLength"},
    {kTileOffsets, "TileOffsets"},
    {kTileByteCounts, "TileByteCounts"},
    {kSubIFDs, "SubIFDs"},
    {kJPEGTables, "JPEGTables"},
    {kXmp, "XMP"},
    {kICCProfile, "ICCProfile"},
    {kNdpiFlag, "NDPI"},
});

constexpr auto kCompressionNames = std::to_array<Row>({
    {1, "none (uncompressed)"},
    {2, "CCITT RLE"},
    {3, "CCITT group 3"},
    {4, "CCITT group 4"},
    {5, "LZW"},
    {6, "old-style JPEG (compression 6)"},
    {kCompressionJpeg, "JPEG"},
    {8, "deflate"},
    {22610, "JPEG XR"},
    {32773, "PackBits"},
    {32946, "deflate"},
    {33003, "JPEG 2000, YCbCr (Aperio 33003)"},
    {33004, "JPEG 2000 (compression 33004)"},
    {33005, "JPEG 2000, RGB (Aperio 33005)"},
    {34712, "JPEG 2000"},
    {34925, "LZMA"},
    {34933, "PNG"},
    {34934, "JPEG XR"},
    {50000, "Zstandard"},
    {50001, "WebP"},
    {50002, "JPEG XL"},
});

template <class Rows>
const char* name_in(const Rows& rows, std::uint64_t number) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.number == number; });
  return row == rows.end() ? nullptr : row->name;
}

}  // namespace

std::string tag_text(std::uint16_t tag) {
  const char* name = name_in(kTagNames, tag);
  return "tag " + std::to_string(tag) + (name != nullptr ? std::string(" ") + name : std::string());
}

std::string compression_text(std::uint64_t compression) {
  const char* name = name_in(kCompressionNames, compression);
  return name != nullptr ? name : "compression " + std::to_string(compression);
}

}  // namespace tessera::slide::tiff
