// Database: the SQL seam. SQLite now, PostgreSQL later; the narrow stores (instances.h, …) are written once on it.
//
// Database hands out connections; a Connection is one thread's at a time. Statements are prepared once per connection
// and cached by their text, which must be a constant. Values are bound, never spliced into SQL.
// Failures are Status: Unavailable (lock not had in time), NoSpace, IoError, AlreadyExists (unique constraint),
// Cancelled (stop_after), Internal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace tessera::catalog {

using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;

// A prepared statement: bind, then step until no row. Borrowed from its connection until the next call with its text.
class Statement {
 public:
  virtual ~Statement() = default;
  virtual void bind(int index, const SqlValue& value) = 0;  // index from 1
  virtual Result<bool> step() = 0;                          // true: a row is there
  virtual bool is_null(int column) const = 0;               // column from 0
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string_view text(int column) const = 0;  // valid until the next step
};

class Connection {
 public:
  virtual ~Connection() = default;
  virtual Result<Statement*> prepare(std::string_view sql) = 0;
  virtual Status execute(std::string_view sql) = 0;  // no parameters, no rows: migrations, pragmas
  virtual Status begin(bool write) = 0;
  virtual Status commit() = 0;  // durable when it returns ok
  virtual void rollback() = 0;
  // Statements of this transaction that still run when the time is up are Cancelled.
  virtual void stop_after(Millis time) = 0;
  virtual std::int64_t last_insert_id() const = 0;
  virtual std::int64_t changes() const = 0;
  // A number that changes whenever any process commits to the database: the epoch check of cached locates.
  virtual Result<std::int64_t> data_version() = 0;
};

class Database {
 public:
  virtual ~Database() = default;
  // Runs `work` on the (one) writing connection inside a transaction: commits when it returns ok, else rolls back.
  // Calls from many threads are grouped: those waiting while a commit syncs share the next one (each keeps its own
  // outcome through a savepoint). Blocks until durable.
  virtual Status write(const std::function<Status(Connection&)>& work) = 0;
  // Runs `work` on a reading connection, in one snapshot. Blocks.
  virtual Status read(const std::function<Status(Connection&)>& work) = 0;
  virtual Result<std::int64_t> data_version() = 0;
};

// WAL, synchronous=FULL, foreign keys; ":memory:" for tests. Applies the migrations (migrations.h); a schema newer than
// this program is refused with a sentence.
Result<std::unique_ptr<Database>> open_sqlite(const std::string& path);

}  // namespace tessera::catalog
