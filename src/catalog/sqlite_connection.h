// A connection to SQLite with its prepared statements. Private to the room. One thread's at a time.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "catalog/database.h"

namespace tessera::catalog {

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  ~SqliteStatement() override;

  void bind(int index, const SqlValue& value) override;
  Result<bool> step() override;
  bool is_null(int column) const override;
  std::int64_t integer(int column) const override;
  double real(int column) const override;
  std::string_view text(int column) const override;

  // Ready for its next use: no row open, nothing bound.
  void reset();

 private:
  sqlite3* const database_;
  sqlite3_stmt* const statement_;
};

class SqliteConnection final : public Connection {
 public:
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path);
  ~SqliteConnection() override;

  Result<Statement*> prepare(std::string_view sql) override;
  Status execute(std::string_view sql) override;
  Status begin(bool write) override;
  Status commit() override;
  void rollback() override;
  void stop_after(Millis time) override;
  std::int64_t last_insert_id() const override;
  std::int64_t changes() const override;
  Result<std::int64_t> data_version() override;

 private:
  explicit SqliteConnection(sqlite3* database) : database_(database) {}
  void reset_statements();

  sqlite3* const database_;
  std::chrono::steady_clock::time_point deadline_{};  // while the progress handler is set
  std::map<std::string, std::unique_ptr<SqliteStatement>, std::less<>> statements_;
};

// The failure that SQLite last reported on this handle.
Status sqlite_status(sqlite3* database, std::string_view action);

}  // namespace tessera::catalog
