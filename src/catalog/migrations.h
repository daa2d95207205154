// Migrations: the numbered steps from an empty database to today's schema. Code knows only the newest.
#pragma once

#include "base/result.h"
#include "catalog/database.h"

namespace tessera::catalog {

// Brings the schema up to date, each step in a transaction of its own; several processes may try at once. A schema
// newer than this program is Unsupported.
Status migrate(Connection& connection);

}  // namespace tessera::catalog
