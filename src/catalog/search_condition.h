// One match of a search as SQL, in two forms: what has it, found through the index, and whether a given row has it.
// search_sql.h puts them together. Private to the room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/database.h"
#include "catalog/instances.h"

namespace tessera::catalog {

// The partition is the parameter ?1 of every statement; the marks of `values` follow.
struct Condition {
  Level level = Level::Study;    // of what `ids` gives
  std::string ids;               // "SELECT … AS id FROM … WHERE …": of the rows that have it, some perhaps twice
  std::string holds;             // on the rows s, r and i of a search: true for those that have it
  std::vector<SqlValue> values;  // of the marks of either form
  bool compared = false;         // no index helps: every value of the key is looked at
};

// Conditions that hold together; none for a pattern that all match. `seen`: " AND …" on the instance x that a caller
// must see for a series to count. InvalidArgument for a value that the attribute cannot have.
Result<std::vector<Condition>> conditions_of(const Match& match, const SearchQuery& query, std::string_view seen);

}  // namespace tessera::catalog
