// jpeg_stream: what the markers of a JPEG tile say, and the bytes that make an abbreviated TIFF tile a whole
// JPEG (ITU T.81 B.2 to B.5; TIFF Technical Note 2; Adobe TN 5116 for APP14). No pixel is decoded.
//
// A TIFF tile may lack its tables: they stand once in tag 347 JPEGTables. A DICOM frame must have them:
//   frame := SOI [APP14, transform 0, where the colours are RGB and the tile does not say so] tables
//   tile-without-SOI
// Pure functions over views; nothing is kept. Offsets in messages count from the first byte of the view.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::codec {

struct JpegComponent {
  std::uint8_t id = 0;
  std::uint8_t horizontal = 1, vertical = 1;  // sampling factors, 1 to 4
  std::uint8_t quantization = 0;              // the DQT it uses
};

// Which tables are there: bit i of `quantization` is DQT i; bit (class * 4 + i) of `huffman` is DHT i, class
// 1 is AC.
struct JpegTables {
  std::uint8_t quantization = 0;
  std::uint8_t huffman = 0;
  // Whether `this` and `other` together hold all of `needed`.
  bool with(JpegTables other, JpegTables needed) const;
};

// The colours a codestream states about itself.
enum class JpegColor { Unstated, Gray, YCbCr, Rgb };

struct JpegHead {
  std::uint8_t sof = 0;  // 0xC0 baseline, 0xC1 extended, 0xC2 progressive, …
  std::uint8_t precision = 0;
  std::uint16_t width = 0, height = 0;
  std::vector<JpegComponent> components;
  std::optional<std::uint8_t> app14_transform;  // 0 none (RGB), 1 YCbCr, 2 YCCK
  bool jfif = false;
  JpegTables present;  // tables the stream carries before its first scan
  JpegTables needed;   // tables its frame and first scan refer to

  // As decoders read it: JFIF means YCbCr, then APP14 decides, then component ids 'R','G','B'; else nothing
  // is said.
  JpegColor stated_color() const;
};

// The markers from SOI to the end of the first SOS. Nothing when `bytes` end before that (read more and try
// again); Corrupt naming the byte when they are no JPEG.
Result<std::optional<JpegHead>> scan_jpeg_head(ByteView bytes);

// Tag 347: SOI, table segments, EOI.
struct JpegTablesStream {
  struct Segment {
    std::uint8_t marker = 0;
    JpegTables defines;
    ByteView bytes;  // marker and all, in the caller's view
  };
  std::vector<Segment> segments;
  JpegTables present;
  std::optional<std::uint8_t> app14_transform;
};
Result<JpegTablesStream> scan_jpeg_tables(ByteView bytes);

// SOI, APP14 where `rgb` and neither the tile nor the tables state it, and those tables that the tile lacks.
// Empty when the tile needs nothing put before it: then it is the frame as it stands.
std::string jpeg_prefix(const JpegTablesStream& tables, const JpegHead& tile, bool rgb);

}  // namespace tessera::codec
