// Migrations: the numbered steps from an empty database to today's schema. Code knows only the newest.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "catalog/database.h"

namespace tessera::catalog {

// Brings the schema up to date, each step in a transaction of its own; several processes may try at once. A schema
// newer than this program is Unsupported.
Status migrate(Connection& connection);

// The schema that this program makes.
std::int64_t newest_schema();

}  // namespace tessera::catalog
