// The revision of studies: one rising number for all of them, taken inside the transaction that changes a study. It is
// the metadata ETag, so it must never come twice for one study, not even after a delete.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "catalog/database.h"

namespace tessera::catalog {

Result<std::int64_t> next_study_revision(Connection& connection);

// After instances of the study have gone: parents go with their last child; those that remain are as new as their
// newest instance, and the study has a new revision.
Status tidy_study(Connection& connection, std::int64_t partition, const std::string& study);

}  // namespace tessera::catalog
