// From a SearchQuery to SQL with bound values.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/database.h"
#include "catalog/instances.h"

namespace tessera::catalog {

struct SearchSql {
  std::string text;
  std::vector<SqlValue> values;  // in the order of the question marks
};

// InvalidArgument for a value that its attribute cannot have ("-" as a range, an empty list).
Result<SearchSql> build_search(const SearchQuery& query, const Visibility& visibility);

}  // namespace tessera::catalog
