#include "catalog/search_sql.h"

#include <algorithm>

#include "catalog/visibility_sql.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kAlias[] = {"s", "r", "i"};

// Inside one study it is known which flavors are seen; over all of them the clauses tell.
std::string seen_sql(const SearchQuery& query, const Visibility& visibility, std::string_view alias) {
  return query.study.empty() ? instances_sql(visibility, alias)
                             : flavors_sql(visibility.flavors_in(query.study), alias);
}

std::string syntaxes(const std::string& from) {
  return "(SELECT group_concat(x, '\\') FROM (SELECT DISTINCT i.transfer_syntax AS x" + from + " ORDER BY x)), ";
}

// From what leads to the level's rows, upwards and downwards; `level` is the leader's.
std::string joined_to_leader(Level level, Level wanted) {
  static constexpr std::string_view kDown[] = {" CROSS JOIN studies s ON s.id = f.id",
                                               " CROSS JOIN series r ON r.study_id = s.id",
                                               " CROSS JOIN instances i ON i.series_id = r.id"};
  std::string sql;
  switch (level) {
    case Level::Study:
      sql = kDown[0];
      sql += wanted >= Level::Series ? kDown[1] : "";
      sql += wanted == Level::Instance ? kDown[2] : "";
      return sql;
    case Level::Series:
      sql = " CROSS JOIN series r ON r.id = f.id CROSS JOIN studies s ON s.id = r.study_id";
      sql += wanted == Level::Instance ? kDown[2] : "";
      return sql;
    case Level::Instance:
      break;
  }
  return " CROSS JOIN instances i ON i.id = f.id CROSS JOIN series r ON r.id = i.series_id "
         "CROSS JOIN studies s ON s.id = r.study_id";
}

}  // namespace

Result<SearchPlan> SearchPlan::make(const SearchQuery& query, const Visibility& visibility) {
  SearchPlan plan(query);
  plan.seen_ = seen_sql(query, visibility, "i");
  plan.studies_ = query.study.empty() ? studies_sql(visibility) : std::string();
  const std::string seen_of_modality = seen_sql(query, visibility, "x");
  for (const Match& match : query.matches) {
    TRY_ASSIGN(std::vector<Condition> more, conditions_of(match, query, seen_of_modality));
    std::move(more.begin(), more.end(), std::back_inserter(plan.conditions_));
  }
  return plan;
}

SearchSql SearchPlan::probe(std::size_t index) const {
  const Condition& condition = conditions_[index];
  SearchSql sql{"SELECT count(*) FROM (" + condition.ids + " LIMIT " + std::to_string(kFew) + ")", {query_.partition}};
  sql.values.insert(sql.values.end(), condition.values.begin(), condition.values.end());
  return sql;
}

bool SearchPlan::compares() const {
  return std::any_of(conditions_.begin(), conditions_.end(), [](const Condition& one) { return one.compared; });
}

// Led, inside a study, or walked newest first. The partition is ?1 in each.
std::string SearchPlan::source(const Condition* leader) const {
  if (leader != nullptr) {
    return " FROM (SELECT DISTINCT id FROM (" + leader->ids + ")) f" + joined_to_leader(leader->level, query_.level);
  }
  if (!query_.study.empty()) {
    static constexpr std::string_view kDown[] = {
        " FROM studies s", " FROM studies s CROSS JOIN series r ON r.study_id = s.id",
        " FROM studies s CROSS JOIN series r ON r.study_id = s.id CROSS JOIN instances i ON i.series_id = r.id"};
    return std::string(kDown[static_cast<int>(query_.level)]);
  }
  static constexpr std::string_view kUp[] = {
      " FROM studies s", " FROM series r CROSS JOIN studies s ON s.id = r.study_id",
      " FROM instances i CROSS JOIN series r ON r.id = i.series_id CROSS JOIN studies s ON s.id = r.study_id"};
  return std::string(kUp[static_cast<int>(query_.level)]);
}

// Studies and series show when any instance of theirs does.
std::string SearchPlan::visible() const {
  if (query_.level == Level::Instance || seen_.empty()) {
    return studies_ + seen_;
  }
  const char* parent = query_.level == Level::Study ? "q.study_id = s.id" : "q.id = r.id";
  return studies_ + " AND EXISTS (SELECT 1 FROM instances i JOIN series q ON q.id = i.series_id WHERE " +
         std::string(parent) + seen_ + ")";
}

SearchSql SearchPlan::rows(std::optional<std::size_t> leader) const {
  const Condition* leading = leader ? &conditions_[*leader] : nullptr;
  SearchSql sql{source(leading), {query_.partition}};
  if (leading != nullptr) {
    sql.values.insert(sql.values.end(), leading->values.begin(), leading->values.end());
  }
  // The partition's own column of the level that is walked, or the study's where that is how it is found.
  const std::string_view alias =
      leading != nullptr || !query_.study.empty() ? kAlias[0] : kAlias[static_cast<int>(query_.level)];
  sql.text += " WHERE " + std::string(alias) + ".partition_id = ?1";
  for (const auto& [column, uid] :
       {std::pair("s.study_uid", &query_.study), std::pair("r.series_uid", &query_.series)}) {
    if (!uid->empty()) {
      sql.text += " AND " + std::string(column) + " = ?";
      sql.values.emplace_back(*uid);
    }
  }
  for (const Condition& condition : conditions_) {
    if (&condition != leading) {
      sql.text += " AND " + condition.holds;
      sql.values.insert(sql.values.end(), condition.values.begin(), condition.values.end());
    }
  }
  sql.text += visible();
  return sql;
}

SearchSql SearchPlan::count(std::optional<std::size_t> leader) const {
  SearchSql sql = rows(leader);
  sql.text.insert(0, "SELECT count(*)");
  return sql;
}

SearchSql SearchPlan::page(std::optional<std::size_t> leader) const {
  static constexpr std::string_view kJoins[] = {
      " JOIN studies s ON s.id = page_id", " JOIN series r ON r.id = page_id JOIN studies s ON s.id = r.study_id",
      " JOIN instances i ON i.id = page_id JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = r.study_id"};
  const auto level = static_cast<int>(query_.level);
  const std::string alias(kAlias[level]);
  SearchSql sql = rows(leader);
  // The page is chosen first; what is counted is counted for its rows alone.
  sql.text = "SELECT " + columns() + " FROM (SELECT " + alias + ".id AS page_id, " + alias +
             ".watermark AS page_watermark" + sql.text + " ORDER BY " + alias + ".watermark DESC LIMIT ? OFFSET ?)" +
             std::string(kJoins[level]) + " ORDER BY page_watermark DESC";
  sql.values.emplace_back(static_cast<std::int64_t>(query_.limit));
  sql.values.emplace_back(static_cast<std::int64_t>(query_.offset));
  return sql;
}

// Columns 0 to 13, in the order that search.cc reads.
std::string SearchPlan::columns() const {
  const bool series = query_.level >= Level::Series;
  const bool instance = query_.level == Level::Instance;
  const std::string of_study = " FROM series q JOIN instances i ON i.series_id = q.id WHERE q.study_id = s.id" + seen_;
  const std::string of_series = " FROM instances i WHERE i.series_id = r.id" + seen_;
  std::string sql = "s.study_uid, ";
  sql += series ? "r.series_uid, " : "'', ";
  sql += instance ? "i.sop_uid, " : "'', ";
  sql += "s.header, ";
  sql += series ? "r.header, " : "'', ";
  sql += instance ? "i.header, " : "'', ";
  sql += "(SELECT group_concat(x, '\\') FROM (SELECT DISTINCT q.modality AS x" + of_study + " ORDER BY x)), ";
  sql += "(SELECT count(DISTINCT q.id)" + of_study + "), ";
  sql += "(SELECT count(*)" + of_study + "), ";
  sql += series ? "(SELECT count(*)" + of_series + "), " : "0, ";
  sql += instance ? "i.watermark, i.frames, i.transfer_syntax, " : "0, 0, " + syntaxes(series ? of_series : of_study);
  sql += "s.partition_id";
  return sql;
}

}  // namespace tessera::catalog
