// Which instances a scope names and a caller may see, as SQL; shared by find, list and remove.
#pragma once

#include <vector>

#include "catalog/instances.h"

namespace tessera::catalog {

// The rows of a scope, inside the caller's transaction; ordered by series, instance number, UID.
Result<std::vector<InstanceRow>> select_rows(Connection& connection, const Scope& scope, const Visibility& visibility);

}  // namespace tessera::catalog
