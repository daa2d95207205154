#include "catalog/visibility.h"

#include <algorithm>

#include "base/hash.h"

namespace tessera::catalog {

std::string_view image_flavor_name(ImageFlavor flavor) {
  switch (flavor) {
    case ImageFlavor::Volume:
      return "VOLUME";
    case ImageFlavor::Label:
      return "LABEL";
    case ImageFlavor::Overview:
      return "OVERVIEW";
    case ImageFlavor::Thumbnail:
      return "THUMBNAIL";
    case ImageFlavor::None:
      break;
  }
  return "";
}

bool Visibility::sees(std::int64_t partition, ImageFlavor flavor) const {
  if ((flavor == ImageFlavor::Label && !labels) || (flavor == ImageFlavor::Overview && !overviews)) {
    return false;
  }
  return all_partitions || std::binary_search(partitions.begin(), partitions.end(), partition);
}

std::uint64_t Visibility::fingerprint() const {
  if (all_partitions && labels && overviews) {
    return 0;
  }
  std::string rights = labels ? "L" : "-";
  rights += overviews ? "O" : "-";
  rights += all_partitions ? "*" : "";
  for (const std::int64_t partition : all_partitions ? std::vector<std::int64_t>() : partitions) {
    rights += "," + std::to_string(partition);
  }
  return xxh3_of(as_bytes(rights)) | 1;  // never 0
}

}  // namespace tessera::catalog
