// Any bytes as the JPEG strips of an image: a shape, tag 347, then strips, each behind its length. What is joined must
// read back as one JPEG of the image's size.
#include <algorithm>
#include <cstdlib>

#include "codec/jpeg_strips.h"

namespace {

// The next stretch: two bytes of length, then as many bytes as there are.
tessera::ByteView next(tessera::ByteView& rest) {
  if (rest.size() < 2) {
    rest = {};
    return {};
  }
  const std::size_t length = std::min<std::size_t>(tessera::load_le16(rest.data()), rest.size() - 2);
  const tessera::ByteView piece = rest.subspan(2, length);
  rest = rest.subspan(2 + length);
  return piece;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) {
    return 0;
  }
  const tessera::codec::JpegStripJoiner::Shape shape{data[0] + 1u, data[1] + 1u, data[2] + 1u};
  const bool rgb = (data[3] & 1) != 0;
  tessera::ByteView rest(data + 4, size - 4);
  const auto tables = tessera::codec::scan_jpeg_tables(next(rest));
  if (!tables.ok()) {
    return 0;
  }
  tessera::codec::JpegStripJoiner joiner(shape, *tables);
  std::string frame;
  for (std::uint32_t strip = 0; strip < shape.strips(); ++strip) {
    const tessera::ByteView bytes = next(rest);
    const auto scan = joiner.add(bytes);
    if (!scan.ok()) {
      return 0;
    }
    if (scan->end() > bytes.size()) {
      std::abort();
    }
    frame += strip == 0 ? joiner.head(rgb) : tessera::codec::JpegStripJoiner::restart(strip - 1);
    frame += tessera::as_text(bytes.subspan(scan->offset, scan->length));
  }
  const auto head = tessera::codec::scan_jpeg_head(tessera::as_bytes(frame));
  if (!head.ok() || !*head || (*head)->height != shape.height || (*head)->width != shape.width ||
      !(*head)->present.with({}, (*head)->needed)) {
    std::abort();
  }
  return 0;
}
