#include "dicomweb/versions.h"

#include <cstdio>

#include "base/hash.h"

namespace tessera::dicomweb {

std::string versions_etag(std::string_view kind, const std::vector<catalog::InstanceRow>& rows,
                          std::string_view suffix) {
  std::string versions;
  for (const catalog::InstanceRow& row : rows) {
    versions += std::to_string(row.watermark) + "." + std::to_string(row.revision) + ",";
  }
  char hash[20];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(xxh3_of(as_bytes(versions))));
  return "\"" + std::string(kind) + hash + std::string(suffix) + "\"";
}

}  // namespace tessera::dicomweb
