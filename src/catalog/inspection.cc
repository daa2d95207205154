#include "catalog/inspection.h"

#include <cstdlib>
#include <filesystem>

#include "catalog/migrations.h"
#include "catalog/sql.h"
#include "catalog/sqlite_connection.h"

namespace tessera::catalog {

namespace {

Result<std::vector<std::string>> column(Connection& connection, std::string_view sql) {
  TRY_ASSIGN(Statement * statement, connection.prepare(sql));
  std::vector<std::string> values;
  while (true) {
    TRY_ASSIGN(const bool row, statement->step());
    if (!row) {
      return values;
    }
    values.emplace_back(statement->text(0));
  }
}

Result<std::string> one(Connection& connection, std::string_view sql) {
  TRY_ASSIGN(const auto values, column(connection, sql));
  return values.empty() ? std::string() : values.front();
}

}  // namespace

std::string sqlite_version() {
  return sqlite3_libversion();
}

Result<Inspection> inspect_catalog(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return Status(Code::NotFound, "inspect catalog '" + path + "': there is no such file");
  }
  TRY_ASSIGN(const auto connection, SqliteConnection::open(path));
  Inspection out;
  out.newest_schema = newest_schema();
  TRY_ASSIGN(out.journal_mode, one(*connection, "PRAGMA journal_mode"));
  TRY_ASSIGN(out.damage, column(*connection, "PRAGMA quick_check(20)"));
  if (out.damage == std::vector<std::string>{"ok"}) {
    out.damage.clear();
  }
  TRY_ASSIGN(const std::string schema, one(*connection, "SELECT version FROM schema_version"));
  out.schema = std::atoll(schema.c_str());
  TRY_ASSIGN(const std::string aside, one(*connection, "SELECT count(*) FROM blobs WHERE state = 3"));
  out.set_aside = std::atoll(aside.c_str());
  return out;
}

}  // namespace tessera::catalog
