// The revision of studies: one rising number for all of them, taken inside the transaction that changes a study. It is
// the metadata ETag, so it must never come twice for one study, not even after a delete.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "catalog/database.h"

namespace tessera::catalog {

Result<std::int64_t> next_study_revision(Connection& connection);

}  // namespace tessera::catalog
