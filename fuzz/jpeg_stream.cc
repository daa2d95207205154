// Any bytes as a JPEG tile and as tag 347: scanning, and the prefix that joins them. The first byte says
// where to cut.
#include <algorithm>
#include <cstdlib>

#include "codec/blank_jpeg.h"
#include "codec/jpeg_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const tessera::ByteView all(data + 2, size - 2);
  const std::size_t cut = std::min<std::size_t>(tessera::load_le16(data), all.size());
  const auto tables = tessera::codec::scan_jpeg_tables(all.first(cut));
  const auto head = tessera::codec::scan_jpeg_head(all.subspan(cut));
  if (!head.ok() || !*head) {
    return 0;
  }
  const bool rgb = (*head)->components.size() == 3;
  if ((*head)->width <= 1024 && (*head)->height <= 1024) {
    (void)tessera::codec::blank_jpeg_tile(**head, rgb).ok();
  }
  if (tables.ok()) {
    const std::string prefix = tessera::codec::jpeg_prefix(*tables, **head, rgb);
    const auto closed = prefix.empty() ? prefix : prefix + "\xFF\xD9";
    if (!tessera::codec::scan_jpeg_tables(tessera::as_bytes(closed)).ok()) {
      std::abort();  // a prefix of our own making must read back
    }
  }
  return 0;
}
