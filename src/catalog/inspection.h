// Inspection: what is wrong with a catalog file, without changing it. For the doctor; a server may have it open.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace tessera::catalog {

std::string sqlite_version();  // of the library in use

struct Inspection {
  std::int64_t schema = 0;
  std::int64_t newest_schema = 0;  // that this program knows
  std::string journal_mode;
  std::vector<std::string> damage;  // of PRAGMA quick_check; empty: whole
  std::int64_t set_aside = 0;       // blobs that a rebuild could not read
};

// NotFound when there is no such file; Corrupt when it is no database. Reads all of it.
Result<Inspection> inspect_catalog(const std::string& path);

}  // namespace tessera::catalog
