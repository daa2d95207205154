// Any bytes as an ICC profile: the first says the space that it is sampled for. A table has its one size, changes
// pixels without leaving itself, and so do the bytes themselves, taken for a table.
#include <cstdlib>

#include "codec/color_table.h"

namespace {

tessera::codec::Picture a_few_pixels() {
  return {4, 1, 3, {0, 0, 0, 255, 255, 255, 8, 247, 128, 3, 200, 90}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto to = static_cast<tessera::codec::ColorSpace>(data[0] % 4);
  const tessera::ByteView icc(data + 1, size - 1);
  tessera::codec::Picture picture = a_few_pixels();
  const auto table = tessera::codec::sample_profile(icc, to);
  if (table.ok() && !tessera::codec::apply_color_table(picture, *table)) {
    std::abort();
  }
  if (!table.ok() && table.status().message().empty()) {
    std::abort();
  }
  tessera::ByteBuffer any(tessera::codec::kColorTableBytes);
  for (std::size_t at = 0; at < any.size() && !icc.empty(); ++at) {
    any[at] = icc[at % icc.size()];
  }
  if (!tessera::codec::apply_color_table(picture, any) || picture.bytes.size() != 12) {
    std::abort();
  }
  return 0;
}
