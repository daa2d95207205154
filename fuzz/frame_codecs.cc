// Any bytes as a frame: the first says which row of the table of codecs, the next four the header's rows, columns, and
// kind of samples. What is decoded must be of the size that the layout says. A packed JPEG is given back as well.
#include <array>
#include <cstdlib>

#include "codec/codecs.h"
#include "codec/jpeg_xl.h"

namespace {

tessera::codec::PixelLayout layout_of(const std::uint8_t* head) {
  constexpr std::array<std::uint16_t, 4> kAllocated = {8, 16, 32, 1};
  tessera::codec::PixelLayout layout;
  layout.rows = head[0] + 1u;
  layout.columns = head[1] + 1u;
  layout.samples = (head[2] & 1) != 0 ? 3 : 1;
  layout.is_signed = (head[2] & 2) != 0;
  layout.by_plane = (head[2] & 4) != 0;
  layout.bits_allocated = kAllocated[head[2] >> 3 & 3];
  layout.bits_stored = static_cast<std::uint16_t>(1 + (head[2] >> 5) * layout.bits_allocated / 8);
  layout.high_bit = static_cast<std::uint16_t>(layout.bits_stored - 1);
  layout.photometric = static_cast<tessera::codec::Photometric>(head[3] % 12);
  return layout;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5) {
    return 0;
  }
  const auto codecs = tessera::codec::codecs();
  const tessera::codec::Codec& codec = codecs[data[0] % codecs.size()];
  const tessera::codec::PixelLayout header = layout_of(data + 1);
  const tessera::ByteView frame(data + 5, size - 5);
  const auto pixels = tessera::codec::decode_frame(codec.syntax, header, frame);
  if (pixels.ok() &&
      (pixels->bytes.size() != pixels->layout.bytes() || pixels->layout.bytes() % header.pixels() != 0)) {
    std::abort();
  }
  if (codec.syntax == "1.2.840.10008.1.2.4.111") {
    const auto jpeg = tessera::codec::reconstruct_jpeg(frame, 1 << 20);
    if (jpeg.ok() && jpeg->size() > 1 << 20) {
      std::abort();
    }
  }
  return 0;
}
