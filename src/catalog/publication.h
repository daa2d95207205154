// The inside of Instances::publish, for those who publish many in one transaction. Private to the room.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "catalog/instances.h"

namespace tessera::catalog {

Result<Published> publish_in(Connection& connection, const Publication& publication, std::int64_t now_millis);

}  // namespace tessera::catalog
