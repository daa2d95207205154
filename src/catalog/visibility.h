// Visibility: which rows a caller may see. Made by auth, taken by every search, count, feed and retrieve, so that what
// one may not see appears nowhere. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::catalog {

enum class ImageFlavor : std::uint8_t {
  None,
  Volume,
  Label,
  Overview,
  Thumbnail
};                                                       // ImageType value 3, stored at ingest
std::string_view image_flavor_name(ImageFlavor flavor);  // "VOLUME"; "" for None

struct Visibility {
  bool all_partitions = true;
  std::vector<std::int64_t> partitions;  // keys, ascending; used when not all_partitions
  bool labels = true;                    // LABEL images
  bool overviews = true;                 // OVERVIEW images (they show the label, too)

  static Visibility everything() { return {}; }
  bool sees(std::int64_t partition, ImageFlavor flavor) const;
  // Part of cache keys and ETags: equal for equal rights, 0 for everything().
  std::uint64_t fingerprint() const;
};

}  // namespace tessera::catalog
