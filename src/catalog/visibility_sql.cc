#include "catalog/visibility_sql.h"

#include <algorithm>

namespace tessera::catalog {

namespace {

// What is no UID is never written into a statement; it names no study either.
bool is_plain(std::string_view uid) {
  return !uid.empty() && uid.size() <= 64 && uid.find_first_not_of("0123456789.") == uid.npos;
}

std::string quoted(std::string_view uid) {
  return "'" + std::string(uid) + "'";
}

// "(s.study_uid IN (…) OR …)"; a prefix is a range of the index: '/' comes right after '.'.
std::string names_sql(const StudyClause& clause) {
  std::string list;
  for (const std::string& study : clause.studies) {
    list += is_plain(study) ? (list.empty() ? "" : ",") + quoted(study) : std::string();
  }
  std::string sql = "(s.study_uid IN (" + (list.empty() ? "''" : list) + ")";
  for (const std::string& prefix : clause.prefixes) {
    if (is_plain(prefix) && prefix.ends_with('.')) {
      const std::string beyond = prefix.substr(0, prefix.size() - 1) + "/";
      sql += " OR (s.study_uid >= " + quoted(prefix) + " AND s.study_uid < " + quoted(beyond) + ")";
    }
  }
  return sql + ")";
}

// "i.image_flavor IN (0,1,4)"
std::string one_of(FlavorSet flavors, std::string_view alias) {
  std::string list;
  for (unsigned flavor = 0; (kAllFlavors >> flavor) != 0; ++flavor) {
    if (((flavors >> flavor) & 1) != 0) {
      list += (list.empty() ? "" : ",") + std::to_string(flavor);
    }
  }
  return std::string(alias) + ".image_flavor IN (" + (list.empty() ? "-1" : list) + ")";
}

}  // namespace

std::string flavors_sql(FlavorSet flavors, std::string_view alias) {
  return flavors == kAllFlavors ? std::string() : " AND " + one_of(flavors, alias);
}

std::string instances_sql(const Visibility& visibility, std::string_view alias) {
  if (visibility.clauses.empty() || visibility.sees_everything()) {
    return flavors_sql(visibility.everywhere, alias);
  }
  std::string sql = " AND (" + one_of(visibility.everywhere, alias);
  for (const StudyClause& clause : visibility.clauses) {
    sql += " OR (" + one_of(clause.flavors, alias) + " AND " + names_sql(clause) + ")";
  }
  return sql + ")";
}

std::string studies_sql(const Visibility& visibility) {
  if (visibility.everywhere != kNoFlavors) {
    return {};
  }
  std::string sql;
  for (const StudyClause& clause : visibility.clauses) {
    sql += (sql.empty() ? " AND (" : " OR ") + names_sql(clause);
  }
  return sql.empty() ? " AND 0" : sql + ")";
}

}  // namespace tessera::catalog
