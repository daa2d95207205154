// From a SearchQuery to SQL with bound values, in the form whose cost follows what is found rather than what is stored.
//
// Statistics of SQLite's would be of yesterday, so the plan is ours: each condition is counted, up to kFew; the
// one that fewest rows have leads, and the others are looked at for those rows alone. Where many have it, rows are
// walked newest first until the page is full, which then is soon (search.cc decides). Joins are CROSS JOINs, which
// SQLite does not reorder.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/database.h"
#include "catalog/instances.h"
#include "catalog/search_condition.h"

namespace tessera::catalog {

inline constexpr std::size_t kFew = 10'000;

struct SearchSql {
  std::string text;
  std::vector<SqlValue> values;  // in the order of the question marks
};

// The query is borrowed.
class SearchPlan {
 public:
  // InvalidArgument for a value that its attribute cannot have ("-" as a range, an empty list).
  static Result<SearchPlan> make(const SearchQuery& query, const Visibility& visibility);

  // None for a search inside one study, which leads by itself.
  std::size_t conditions() const { return conditions_.size(); }
  const Condition& condition(std::size_t index) const { return conditions_[index]; }
  bool inside_study() const { return !query_.study.empty(); }
  // How many rows have the condition, up to kFew.
  SearchSql probe(std::size_t index) const;
  // The page, led by a condition or walked; columns 0 to 13 as search.cc reads them.
  SearchSql page(std::optional<std::size_t> leader) const;
  // How many rows it would have without limit and offset.
  SearchSql count(std::optional<std::size_t> leader) const;
  // A pattern among the conditions for which there is no index.
  bool compares() const;

 private:
  explicit SearchPlan(const SearchQuery& query) : query_(query) {}

  // " FROM … WHERE …" of the rows that match.
  SearchSql rows(std::optional<std::size_t> leader) const;
  std::string source(const Condition* leader) const;
  std::string visible() const;
  std::string columns() const;

  const SearchQuery& query_;
  std::vector<Condition> conditions_;
  std::string seen_;  // on an instance i of study s
  std::string studies_;
};

}  // namespace tessera::catalog
