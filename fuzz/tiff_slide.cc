// Any bytes as a slide file: open_slide() and every reader behind it, a few tiles of each level, and the
// fingerprint.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "slide/fingerprint.h"
#include "slide/slide_source.h"

namespace {

constexpr std::size_t kMaxInput = 64 * 1024;
constexpr std::uint32_t kTilesPerSide = 3;

void read_tiles(const tessera::slide::SlideSource& source, std::size_t level) {
  const auto& shape = source.images()[level];
  for (std::uint32_t row = 0; row < std::min(shape.rows(), kTilesPerSide); ++row) {
    for (std::uint32_t column = 0; column < std::min(shape.columns(), kTilesPerSide); ++column) {
      const auto tile = source.tile(level, column, row);
      const auto promised = source.tile_bytes(level, column, row);
      if (tile.ok() && (!promised.ok() || tile->size() != *promised || !tessera::flatten(*tile).ok())) {
        std::abort();  // an offset table would have lied
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxInput) {
    return 0;
  }
  const int memory = ::memfd_create("slide", MFD_CLOEXEC);
  if (memory < 0 || ::write(memory, data, size) != static_cast<ssize_t>(size)) {
    std::abort();
  }
  const std::string path = "/proc/self/fd/" + std::to_string(memory);
  const auto source = tessera::slide::open_slide(path);
  if (source.ok()) {
    for (std::size_t level = 0; level < (*source)->images().size(); ++level) {
      read_tiles(**source, level);
    }
  }
  (void)tessera::slide::fingerprint(path).ok();
  ::close(memory);
  return 0;
}
