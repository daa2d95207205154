// A new catalog made beside the old one and put in its place at once. For a rebuild, which has the folder alone; a
// crash at any point leaves either the old catalog or the new one, whole.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "catalog/database.h"

namespace tessera::archive {

// An empty catalog beside the folder's; what an earlier rebuild left unfinished is dropped.
Result<std::unique_ptr<catalog::Database>> open_catalog_beside(const std::filesystem::path& folder);

// Call when that database is closed. A catalog that is replaced stays as catalog.replaced.sqlite until the next time:
// what is not about images (work items, jobs) was nowhere else.
Status put_catalog_in_place(const std::filesystem::path& folder);

}  // namespace tessera::archive
