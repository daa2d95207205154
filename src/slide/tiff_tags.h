// The TIFF tags that slides use (TIFF 6.0, BigTIFF, vendors' own), and what people call them.
#pragma once

#include <cstdint>
#include <string>

namespace tessera::slide::tiff {

inline constexpr std::uint16_t kNewSubfileType = 254;
inline constexpr std::uint16_t kImageWidth = 256;
inline constexpr std::uint16_t kImageLength = 257;
inline constexpr std::uint16_t kBitsPerSample = 258;
inline constexpr std::uint16_t kCompression = 259;
inline constexpr std::uint16_t kPhotometricInterpretation = 262;
inline constexpr std::uint16_t kImageDescription = 270;
inline constexpr std::uint16_t kMake = 271;
inline constexpr std::uint16_t kModel = 272;
inline constexpr std::uint16_t kStripOffsets = 273;
inline constexpr std::uint16_t kOrientation = 274;
inline constexpr std::uint16_t kSamplesPerPixel = 277;
inline constexpr std::uint16_t kRowsPerStrip = 278;
inline constexpr std::uint16_t kStripByteCounts = 279;
inline constexpr std::uint16_t kXResolution = 282;
inline constexpr std::uint16_t kYResolution = 283;
inline constexpr std::uint16_t kPlanarConfiguration = 284;
inline constexpr std::uint16_t kResolutionUnit = 296;
inline constexpr std::uint16_t kSoftware = 305;
inline constexpr std::uint16_t kDateTime = 306;
inline constexpr std::uint16_t kTileWidth = 322;
inline constexpr std::uint16_t kTileLength = 323;
inline constexpr std::uint16_t kTileOffsets = 324;
inline constexpr std::uint16_t kTileByteCounts = 325;
inline constexpr std::uint16_t kSubIFDs = 330;
inline constexpr std::uint16_t kJPEGTables = 347;
inline constexpr std::uint16_t kXmp = 700;
inline constexpr std::uint16_t kICCProfile = 34675;
inline constexpr std::uint16_t kNdpiFlag = 65420;

inline constexpr std::uint16_t kCompressionJpeg = 7;

// "tag 324 TileOffsets"; "tag 65000" where the name is not known.
std::string tag_text(std::uint16_t tag);
// "JPEG", "LZW", "JPEG 2000 (YCbCr)"; "compression 99" where the name is not known.
std::string compression_text(std::uint64_t compression);

}  // namespace tessera::slide::tiff
