// The rows of the index that say what a study, series or instance can be found by. Private to the room.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/key_values.h"

namespace tessera::catalog {

// "study_keys", "study_id"
std::string_view keys_table(Level level);
std::string_view keys_owner(Level level);

// From now on the row `id` of `level` is found by these values and no others.
Status write_keys(Connection& connection, Level level, std::int64_t id, std::int64_t partition,
                  const std::vector<KeyValue>& values);

}  // namespace tessera::catalog
