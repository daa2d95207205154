// Which instances a scope names and a caller may see, as SQL; shared by find, list and remove.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/instances.h"

namespace tessera::catalog {

// The conditions of Visibility on an instance `i` of study `s`: " AND …", or nothing. No values of the caller's text.
std::string visibility_sql(const Visibility& visibility);

// The rows of a scope, inside the caller's transaction; ordered by series, instance number, UID.
Result<std::vector<InstanceRow>> select_rows(Connection& connection, const Scope& scope, const Visibility& visibility);

}  // namespace tessera::catalog
