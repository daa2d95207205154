#include "catalog/index_rows.h"

#include "catalog/sql.h"

namespace tessera::catalog {

namespace {

struct LevelSql {
  std::string_view table, owner, held, drop, add;
};
// By Level.
constexpr LevelSql kLevels[] = {
    {"study_keys", "study_id", "SELECT key, value FROM study_keys WHERE study_id = ? ORDER BY key, value",
     "DELETE FROM study_keys WHERE study_id = ?",
     "INSERT INTO study_keys(study_id, key, value, partition_id) VALUES(?,?,?,?)"},
    {"series_keys", "series_id", "SELECT key, value FROM series_keys WHERE series_id = ? ORDER BY key, value",
     "DELETE FROM series_keys WHERE series_id = ?",
     "INSERT INTO series_keys(series_id, key, value, partition_id) VALUES(?,?,?,?)"},
    {"instance_keys", "instance_id", "SELECT key, value FROM instance_keys WHERE instance_id = ? ORDER BY key, value",
     "DELETE FROM instance_keys WHERE instance_id = ?",
     "INSERT INTO instance_keys(instance_id, key, value, partition_id) VALUES(?,?,?,?)"},
};

const LevelSql& sql_of(Level level) {
  return kLevels[static_cast<int>(level)];
}

bool same(const Statement& row, const IndexEntry& wanted) {
  if (row.integer(0) != wanted.key) {
    return false;
  }
  if (const auto* text = std::get_if<std::string>(&wanted.value)) {
    return row.text(1) == *text;
  }
  const auto* whole = std::get_if<std::int64_t>(&wanted.value);
  return row.real(1) == (whole != nullptr ? static_cast<double>(*whole) : std::get<double>(wanted.value));
}

// Every instance of a series says the same of it, as a rule: then there is nothing to write.
Result<bool> are_held(Connection& connection, const LevelSql& sql, std::int64_t id,
                      const std::vector<IndexEntry>& wanted) {
  TRY_ASSIGN(Statement * row, query(connection, sql.held, {id}));
  for (std::size_t i = 0;; ++i) {
    TRY_ASSIGN(const bool more, row->step());
    if (!more || i == wanted.size()) {
      return !more && i == wanted.size();
    }
    if (!same(*row, wanted[i])) {
      return false;
    }
  }
}

}  // namespace

std::string_view keys_table(Level level) {
  return sql_of(level).table;
}
std::string_view keys_owner(Level level) {
  return sql_of(level).owner;
}

Status write_keys(Connection& connection, Level level, std::int64_t id, std::int64_t partition,
                  const std::vector<KeyValue>& values) {
  const LevelSql& sql = sql_of(level);
  const std::vector<IndexEntry> rows = index_entries(values);
  TRY_ASSIGN(const bool held, are_held(connection, sql, id, rows));
  if (held) {
    return {};
  }
  RETURN_IF_ERROR(run(connection, sql.drop, {id}));
  for (const IndexEntry& row : rows) {
    RETURN_IF_ERROR(run(connection, sql.add, {id, row.key, row.value, partition}));
  }
  return {};
}

}  // namespace tessera::catalog
