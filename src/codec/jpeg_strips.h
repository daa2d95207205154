// jpeg_strips: the JPEG strips of a TIFF image as one baseline JPEG, without touching a coefficient. Each strip
// is a stream of its own (SOI … EOI) whose predictors begin anew; so do they after a restart marker (ITU T.81
// F.2.1.3.1), and so the strips' entropy-coded data, joined by restart markers, are one scan:
//   frame := head scan0 RST0 scan1 RST1 … RST7 scan8 RST0 … scanN EOI
//   head  := SOI [APP14 where RGB] tables of tag 347, segments of strip 0 (its SOF with the whole height),
//            DRI (MCUs per strip), SOS
// It holds where every strip but the last is whole rows of MCUs and all have one frame and scan header and the same
// tables. Else the strips stay apart, and whoever asked decodes them.
//
// Strips are given one at a time, so that memory is one strip's. One thread's.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/jpeg_stream.h"

namespace tessera::codec {

class JpegStripJoiner {
 public:
  struct Shape {
    std::uint32_t width = 0, height = 0;  // of the image
    std::uint32_t rows_per_strip = 0;
    std::uint32_t strips() const { return (height + rows_per_strip - 1) / rows_per_strip; }
  };

  // `tables` is tag 347, and must outlive the joiner.
  JpegStripJoiner(const Shape& shape, const JpegTablesStream& tables) : shape_(shape), tables_(tables) {}

  // The next strip: where in it its entropy-coded data lie. Unsupported saying why where strips cannot be joined,
  // Corrupt naming the byte where one is damaged.
  Result<ByteRange> add(ByteView strip);

  // After the first strip: its header, and the same as a decoder sees it behind tag 347.
  const JpegHead& first() const { return first_; }
  JpegHead whole() const;
  // After the last strip: what stands before scan0.
  std::string head(bool rgb) const;
  // The marker between strip `index` and the next.
  static std::string restart(std::uint32_t index);

 private:
  // A strip's segments before its scan, SOF's height and DRI apart.
  struct Parts {
    std::string segments;       // from SOI to SOS, without both
    std::size_t height_at = 0;  // in `segments`
    std::string scan_header;    // SOS
    std::string tables;         // DQT and DHT alone
    std::string frame;          // SOF without the height
    std::uint16_t restart_interval = 0;
    std::size_t scan_begin = 0;
  };
  static Result<Parts> split(ByteView strip);
  Status check_first(const Parts& parts) const;
  Status check_strip(const JpegHead& head, const Parts& parts) const;
  Result<ByteRange> scan_of(ByteView strip, std::size_t begin) const;
  std::uint32_t unit_height() const;  // rows of pixels in an MCU
  std::uint64_t units_per_strip() const;

  const Shape shape_;
  const JpegTablesStream& tables_;
  JpegHead first_;
  Parts first_parts_;
  std::uint32_t added_ = 0;
};

}  // namespace tessera::codec
