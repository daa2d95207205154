// Small helpers over Connection that the stores share: run a statement with values, read one row.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/result.h"
#include "catalog/database.h"

namespace tessera::catalog {

// Prepared, bound, not yet stepped.
inline Result<Statement*> query(Connection& connection, std::string_view sql, std::initializer_list<SqlValue> values) {
  TRY_ASSIGN(Statement * statement, connection.prepare(sql));
  int index = 1;
  for (const SqlValue& value : values) {
    statement->bind(index++, value);
  }
  return statement;
}

// For statements without rows.
inline Status run(Connection& connection, std::string_view sql, std::initializer_list<SqlValue> values) {
  TRY_ASSIGN(Statement * statement, query(connection, sql, values));
  TRY_ASSIGN([[maybe_unused]] const bool row, statement->step());
  return {};
}

}  // namespace tessera::catalog
