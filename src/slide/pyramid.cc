#include "slide/pyramid.h"

#include <algorithm>
#include <cmath>

#include "slide/tiled_level.h"

namespace tessera::slide {

PixelSize size_of(const TiffFile& file, const TiffDirectory& directory) {
  const auto width = file.number(directory, tiff::kImageWidth, 0);
  const auto height = file.number(directory, tiff::kImageLength, 0);
  return width.ok() && height.ok() ? PixelSize{*width, *height} : PixelSize{};
}

bool is_reduced(PixelSize base, PixelSize small) {
  if (small.width == 0 || small.height == 0 || small.width > base.width || small.height > base.height) {
    return false;
  }
  const double factor = std::max(static_cast<double>(base.width) / static_cast<double>(small.width),
                                 static_cast<double>(base.height) / static_cast<double>(small.height));
  const auto near = [&](std::uint64_t whole, std::uint64_t part) {
    return std::abs(static_cast<double>(whole) / factor - static_cast<double>(part)) <= 2.0;
  };
  return near(base.width, small.width) && near(base.height, small.height);
}

bool is_picture(const TiffFile& file, const TiffDirectory& directory) {
  const auto kind = file.number(directory, tiff::kNewSubfileType, 0);
  return kind.ok() && (*kind & 4) == 0;
}

bool is_level_of(PixelSize base, const TiffFile& file, const TiffDirectory& directory) {
  return is_tiled(directory) && is_picture(file, directory) && is_reduced(base, size_of(file, directory));
}

}  // namespace tessera::slide
