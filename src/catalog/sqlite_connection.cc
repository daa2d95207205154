#include "catalog/sqlite_connection.h"

#include <cerrno>

namespace tessera::catalog {

namespace {

constexpr int kBusyMillis = 15'000;  // other processes on the same folder hold the write lock for one commit at a time

constexpr std::size_t kMaxStatements = 256;
constexpr int kInstructionsPerLook = 10'000;  // at the clock: some 0.1 ms of SQLite's virtual machine

Code code_of(sqlite3* database) {
  const int extended = sqlite3_extended_errcode(database);
  switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::Unavailable;
    case SQLITE_FULL:
      return Code::NoSpace;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return sqlite3_system_errno(database) == ENOSPC ? Code::NoSpace : Code::IoError;
    case SQLITE_INTERRUPT:
      return Code::Cancelled;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::Corrupt;
    case SQLITE_CONSTRAINT:
      return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ? Code::AlreadyExists
                                                                                              : Code::Internal;
    default:
      return Code::Internal;
  }
}

}  // namespace

Status sqlite_status(sqlite3* database, std::string_view action) {
  return Status(code_of(database), std::string(action) + ": " + sqlite3_errmsg(database));
}

SqliteStatement::~SqliteStatement() {
  sqlite3_finalize(statement_);
}

void SqliteStatement::bind(int index, const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement_, index, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    sqlite3_bind_double(statement_, index, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_bind_text64(statement_, index, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } else {
    sqlite3_bind_null(statement_, index);
  }
}

Result<bool> SqliteStatement::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return sqlite_status(database_, "run a catalog statement");
  }
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double SqliteStatement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string_view SqliteStatement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
  if (opened != SQLITE_OK) {
    return sqlite_status(handle, "open catalog '" + path + "'");
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMillis);
  // FULL: the commit of a WAL transaction is fsynced before it is reported (design §4.5).
  RETURN_IF_ERROR(connection->execute("PRAGMA journal_mode=WAL"));
  RETURN_IF_ERROR(connection->execute("PRAGMA synchronous=FULL"));
  RETURN_IF_ERROR(connection->execute("PRAGMA foreign_keys=ON"));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  sqlite3_close(database_);
}

Result<Statement*> SqliteConnection::prepare(std::string_view sql) {
  const auto held = statements_.find(sql);
  if (held != statements_.end()) {
    held->second->reset();
    return held->second.get();
  }
  sqlite3_stmt* statement = nullptr;
  const int prepared = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (prepared != SQLITE_OK) {
    return sqlite_status(database_, "prepare a catalog statement");
  }
  const auto placed =
      statements_.emplace(std::string(sql), std::make_unique<SqliteStatement>(database_, statement)).first;
  return placed->second.get();
}

Status SqliteConnection::execute(std::string_view sql) {
  if (sqlite3_exec(database_, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_status(database_, "run a catalog statement");
  }
  return {};
}

Status SqliteConnection::begin(bool write) {
  return execute(write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Status SqliteConnection::commit() {
  sqlite3_progress_handler(database_, 0, nullptr, nullptr);
  reset_statements();
  return execute("COMMIT");
}

void SqliteConnection::rollback() {
  sqlite3_progress_handler(database_, 0, nullptr, nullptr);
  reset_statements();
  sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);  // fails when SQLite has rolled back by itself
}

void SqliteConnection::stop_after(Millis time) {
  deadline_ = std::chrono::steady_clock::now() + time;
  sqlite3_progress_handler(
      database_, kInstructionsPerLook,
      [](void* self) {
        return std::chrono::steady_clock::now() > static_cast<SqliteConnection*>(self)->deadline_ ? 1 : 0;
      },
      this);
}

// An open row would keep a read snapshot alive beyond its transaction.
void SqliteConnection::reset_statements() {
  for (const auto& [sql, statement] : statements_) {
    statement->reset();
  }
  if (statements_.size() > kMaxStatements) {
    statements_.clear();  // searches come in many forms; what is used is prepared again
  }
}

std::int64_t SqliteConnection::last_insert_id() const {
  return sqlite3_last_insert_rowid(database_);
}
std::int64_t SqliteConnection::changes() const {
  return sqlite3_changes64(database_);
}

Result<std::int64_t> SqliteConnection::data_version() {
  TRY_ASSIGN(Statement * statement, prepare("PRAGMA data_version"));
  TRY_ASSIGN([[maybe_unused]] const bool row, statement->step());
  return statement->integer(0);
}

}  // namespace tessera::catalog
