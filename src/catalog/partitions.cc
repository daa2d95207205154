#include "catalog/partitions.h"

#include <algorithm>

#include "catalog/sql.h"

namespace tessera::catalog {

namespace {

constexpr std::size_t kMaxName = 64;

constexpr std::string_view kFind = "SELECT id FROM partitions WHERE name = ?";
constexpr std::string_view kInsert = "INSERT OR IGNORE INTO partitions(name, created_millis) VALUES(?, ?)";
constexpr std::string_view kList =
    "SELECT id, name, created_millis FROM partitions p "
    "WHERE id <> ? OR EXISTS (SELECT 1 FROM studies WHERE partition_id = p.id) ORDER BY id";
constexpr std::string_view kBesideDefault =
    "SELECT id, name, created_millis FROM partitions WHERE id <> ? ORDER BY id LIMIT 1";

bool may_be_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

// 0: there is none.
Result<std::int64_t> select_key(Connection& connection, std::string_view name) {
  TRY_ASSIGN(Statement * statement, query(connection, kFind, {std::string(name)}));
  TRY_ASSIGN(const bool row, statement->step());
  return row ? statement->integer(0) : 0;
}

PartitionRow read_partition(const Statement& statement) {
  return {statement.integer(0), std::string(statement.text(1)), statement.integer(2)};
}

}  // namespace

Status check_partition_name(std::string_view name) {
  if (!name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), may_be_in_name)) {
    return {};
  }
  return Status(Code::InvalidArgument, "the partition name '" + std::string(name.substr(0, kMaxName)) +
                                           "' is not valid: it must be 1 to 64 letters, digits, '.', '-' or '_'");
}

std::optional<std::int64_t> Partitions::cached(std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

void Partitions::remember(std::string_view name, std::int64_t key) {
  std::lock_guard lock(mutex_);
  known_.emplace(std::string(name), key);
}

Result<std::int64_t> Partitions::find(std::string_view name) {
  if (const auto known = cached(name)) {
    return *known;
  }
  std::int64_t key = 0;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(key, select_key(connection, name));
    return {};
  }));
  if (key == 0) {
    return Status(Code::NotFound, "the partition '" + std::string(name) + "' does not exist");
  }
  remember(name, key);
  return key;
}

Result<std::int64_t> Partitions::find_or_create(std::string_view name) {
  RETURN_IF_ERROR(check_partition_name(name));
  const auto found = find(name);
  if (found.ok() || found.status().code() != Code::NotFound) {
    return found;
  }
  std::int64_t key = 0;
  RETURN_IF_ERROR(database_.write([&](Connection& connection) -> Status {
    RETURN_IF_ERROR(run(connection, kInsert, {std::string(name), clock_.wall_millis()}));
    TRY_ASSIGN(key, select_key(connection, name));
    return {};
  }));
  remember(name, key);
  return key;
}

Result<std::vector<PartitionRow>> Partitions::list() {
  std::vector<PartitionRow> rows;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement, query(connection, kList, {kDefaultPartition}));
    while (true) {
      TRY_ASSIGN(const bool more, statement->step());
      if (!more) {
        return {};
      }
      rows.push_back(read_partition(*statement));
    }
  }));
  return rows;
}

Result<std::optional<PartitionRow>> Partitions::first_beside_default() {
  std::optional<PartitionRow> first;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement, query(connection, kBesideDefault, {kDefaultPartition}));
    TRY_ASSIGN(const bool row, statement->step());
    if (row) {
      first = read_partition(*statement);
    }
    return {};
  }));
  return first;
}

}  // namespace tessera::catalog
