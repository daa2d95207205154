#include "catalog/keys.h"

#include <algorithm>

#include "catalog/sql.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kHeld = "SELECT 1 FROM api_keys WHERE name = ? AND revoked_millis IS NULL";
constexpr std::string_view kInsert =
    "INSERT INTO api_keys(id, name, digest, roles, created_millis, expires_millis, revoked_millis, used_day) "
    "VALUES(?,?,?,?,?,?,?,?)";
constexpr std::string_view kRevoke = "UPDATE api_keys SET revoked_millis = ? WHERE name = ? AND revoked_millis IS NULL";
constexpr std::string_view kUse = "UPDATE api_keys SET used_day = ? WHERE id = ? AND used_day < ?";
constexpr std::string_view kList =
    "SELECT id, name, digest, roles, created_millis, expires_millis, revoked_millis, used_day FROM api_keys "
    "ORDER BY created_millis, id";

SqlValue or_null(const std::optional<std::int64_t>& value) {
  return value ? SqlValue(*value) : SqlValue();
}

std::optional<std::int64_t> number_if_any(const Statement& statement, int column) {
  return statement.is_null(column) ? std::nullopt : std::optional(statement.integer(column));
}

// One role a line: a name has none of its own.
std::string joined(const std::vector<std::string>& roles) {
  std::string text;
  for (const std::string& role : roles) {
    text += (text.empty() ? "" : "\n") + role;
  }
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> roles;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    roles.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return roles;
}

Status insert(Connection& connection, const KeyRow& row) {
  return run(connection, kInsert,
             {row.id, row.name, row.digest, joined(row.roles), row.created_millis, or_null(row.expires_millis),
              or_null(row.revoked_millis), row.used_day});
}

}  // namespace

Status Keys::add(KeyRow row) {
  return database_.write([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * held, query(connection, kHeld, {row.name}));
    TRY_ASSIGN(const bool there, held->step());
    if (there) {
      return Status(Code::AlreadyExists, "there is a key named '" + row.name + "'; revoke it first");
    }
    row.created_millis = clock_.wall_millis();
    return insert(connection, row);
  });
}

Status Keys::revoke(std::string_view name) {
  return database_.write([&](Connection& connection) -> Status {
    RETURN_IF_ERROR(run(connection, kRevoke, {clock_.wall_millis(), std::string(name)}));
    return connection.changes() == 1
               ? Status()
               : Status(Code::NotFound, "there is no key named '" + std::string(name) + "' that is not revoked");
  });
}

Status Keys::note_use(std::string_view id, std::string_view day) {
  return database_.write([&](Connection& connection) {
    return run(connection, kUse, {std::string(day), std::string(id), std::string(day)});
  });
}

Result<std::vector<KeyRow>> Keys::list() {
  std::vector<KeyRow> rows;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement, query(connection, kList, {}));
    while (true) {
      TRY_ASSIGN(const bool more, statement->step());
      if (!more) {
        return {};
      }
      rows.push_back({std::string(statement->text(0)), std::string(statement->text(1)), std::string(statement->text(2)),
                      split(statement->text(3)), statement->integer(4), number_if_any(*statement, 5),
                      number_if_any(*statement, 6), std::string(statement->text(7))});
    }
  }));
  return rows;
}

Result<std::size_t> Keys::copy_to(Database& other) {
  TRY_ASSIGN(const std::vector<KeyRow> rows, list());
  RETURN_IF_ERROR(other.write([&](Connection& connection) -> Status {
    for (const KeyRow& row : rows) {
      RETURN_IF_ERROR(insert(connection, row));
    }
    return {};
  }));
  return rows.size();
}

}  // namespace tessera::catalog
