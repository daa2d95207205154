#include <algorithm>

#include "catalog/instances.h"
#include "catalog/search_sql.h"
#include "catalog/sql.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kNotIndexed = "SELECT 1 FROM instances WHERE index_generation < 1 LIMIT 1";
static_assert(kIndexGeneration == 1, "the statement above and the index of the migration name it");

constexpr double kAllOfThem = 1e18;

SearchRow read_search_row(const Statement& statement) {
  SearchRow row;
  row.key = {statement.integer(13), std::string(statement.text(0)), std::string(statement.text(1)),
             std::string(statement.text(2))};
  row.study_header = std::string(statement.text(3));
  row.series_header = std::string(statement.text(4));
  row.instance_header = std::string(statement.text(5));
  row.modalities = std::string(statement.text(6));
  row.study_series = statement.integer(7);
  row.study_instances = statement.integer(8);
  row.series_instances = statement.integer(9);
  row.watermark = statement.integer(10);
  row.frames = static_cast<std::uint32_t>(statement.integer(11));
  row.transfer_syntaxes = std::string(statement.text(12));
  return row;
}

Result<Statement*> prepared(Connection& connection, const SearchSql& sql) {
  TRY_ASSIGN(Statement * statement, connection.prepare(sql.text));
  for (std::size_t i = 0; i < sql.values.size(); ++i) {
    statement->bind(static_cast<int>(i) + 1, sql.values[i]);
  }
  return statement;
}

Result<std::uint64_t> number(Connection& connection, const SearchSql& sql) {
  TRY_ASSIGN(Statement * statement, prepared(connection, sql));
  TRY_ASSIGN([[maybe_unused]] const bool row, statement->step());
  return static_cast<std::uint64_t>(statement->integer(0));
}

Status read_page(Connection& connection, const SearchSql& sql, std::vector<SearchRow>& rows) {
  TRY_ASSIGN(Statement * statement, prepared(connection, sql));
  while (true) {
    TRY_ASSIGN(const bool more, statement->step());
    if (!more) {
      return {};
    }
    rows.push_back(read_search_row(*statement));
  }
}

// About how many rows a level has: ids rise, and few are deleted.
Result<double> size_of(Connection& connection, Level level) {
  static constexpr std::string_view kHighest[] = {"SELECT coalesce(max(id), 1) FROM studies",
                                                  "SELECT coalesce(max(id), 1) FROM series",
                                                  "SELECT coalesce(max(id), 1) FROM instances"};
  TRY_ASSIGN(const std::uint64_t rows, number(connection, {std::string(kHighest[static_cast<int>(level)]), {}}));
  return static_cast<double>(rows);
}

// The condition that fewest rows have, and how many those are; none where each has kFew. What no index helps is counted
// only when all others have many: counting it is as slow as asking it.
struct Fewest {
  std::optional<std::size_t> condition;
  std::uint64_t rows = kFew;
};

Result<Fewest> count_conditions(Connection& connection, const SearchPlan& plan) {
  Fewest fewest;
  for (const bool compared : {false, true}) {
    for (std::size_t i = 0; i < plan.conditions() && !(compared && fewest.condition); ++i) {
      if (plan.condition(i).compared != compared) {
        continue;
      }
      TRY_ASSIGN(const std::uint64_t rows, number(connection, plan.probe(i)));
      if (rows < fewest.rows) {
        fewest = {i, rows};
      }
    }
  }
  return fewest;
}

// Whether a condition leads, or the newest are walked until `wanted` rows have come. Led, all that have the condition
// are read and sorted; walked, as many as it takes when they lie evenly. A row that leads costs some four of a walk.
Result<std::optional<std::size_t>> choose_leader(Connection& connection, const SearchPlan& plan, Level level,
                                                 double wanted) {
  std::optional<std::size_t> leader;
  if (plan.inside_study() || plan.conditions() == 0) {
    return leader;
  }
  TRY_ASSIGN(const Fewest fewest, count_conditions(connection, plan));
  if (!fewest.condition) {
    return leader;
  }
  TRY_ASSIGN(const double of_leader, size_of(connection, plan.condition(*fewest.condition).level));
  TRY_ASSIGN(const double of_answer, size_of(connection, level));
  const auto rows = static_cast<double>(fewest.rows);
  const double led = 4 * rows * of_answer / of_leader;
  const double walked = wanted * of_leader / std::max(rows, 1.0);
  return led <= walked ? fewest.condition : leader;
}

Status check_indexed(Connection& connection, const SearchQuery& asked) {
  for (const Match& match : asked.matches) {
    if (match.key.generation == 0) {
      continue;
    }
    TRY_ASSIGN(Statement * statement, query(connection, kNotIndexed, {}));
    TRY_ASSIGN(const bool missing, statement->step());
    return missing ? Status(Code::Unavailable, "search: the index of attribute " + match.key.path.text() +
                                                   " is being made from what was stored before; try again later")
                   : Status();
  }
  return {};
}

Status out_of_time(const SearchPlan& plan, Millis limit) {
  const std::string after = "search: it was stopped after " + std::to_string(limit.count()) + " ms";
  return plan.compares()
             ? Status(Code::InvalidArgument,
                      after +
                          ": a pattern that begins with '*' or '?' is compared with every value; begin it with "
                          "letters, or ask for a patient, a slide or a day beside it")
             : Status(Code::Unavailable, after + ": the server is busy, or very much matches; ask for less");
}

// `work` with the plan and its leader for `wanted` rows, in one snapshot and within the time.
template <class Work>
Status search_in(Database& database, const SearchQuery& query, const Visibility& visibility, double wanted, Work work) {
  TRY_ASSIGN(const SearchPlan plan, SearchPlan::make(query, visibility));
  const Status status = database.read([&](Connection& connection) -> Status {
    RETURN_IF_ERROR(check_indexed(connection, query));
    connection.stop_after(query.time_limit);
    TRY_ASSIGN(const std::optional<std::size_t> leader, choose_leader(connection, plan, query.level, wanted));
    return work(connection, plan, leader);
  });
  return status.code() == Code::Cancelled ? out_of_time(plan, query.time_limit) : status;
}

}  // namespace

Result<std::vector<SearchRow>> Instances::search(const SearchQuery& query, const Visibility& visibility) {
  std::vector<SearchRow> rows;
  const double wanted = static_cast<double>(query.limit) + static_cast<double>(query.offset);
  RETURN_IF_ERROR(search_in(database_, query, visibility, wanted,
                            [&](Connection& connection, const SearchPlan& plan, std::optional<std::size_t> leader) {
                              return read_page(connection, plan.page(leader), rows);
                            }));
  return rows;
}

Result<std::uint64_t> Instances::count(const SearchQuery& query, const Visibility& visibility) {
  std::uint64_t rows = 0;
  RETURN_IF_ERROR(
      search_in(database_, query, visibility, kAllOfThem,
                [&](Connection& connection, const SearchPlan& plan, std::optional<std::size_t> leader) -> Status {
                  TRY_ASSIGN(rows, number(connection, plan.count(leader)));
                  return {};
                }));
  return rows;
}

}  // namespace tessera::catalog
