#include "catalog/rows.h"

#include "catalog/sql.h"
#include "catalog/visibility_sql.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kColumns =
    "SELECT s.partition_id, s.study_uid, r.series_uid, i.sop_uid, i.watermark, i.generation, i.revision, s.revision, "
    "b.key, b.size, b.xxh3, b.crc32, b.hashed, i.sop_class, i.transfer_syntax, i.image_flavor, i.frames "
    "FROM studies s JOIN series r ON r.study_id = s.id JOIN instances i ON i.series_id = r.id "
    "JOIN blobs b ON b.id = i.blob_id WHERE s.partition_id = ? AND s.study_uid = ?";

InstanceRow read_row(const Statement& statement) {
  InstanceRow row;
  row.key = {statement.integer(0), std::string(statement.text(1)), std::string(statement.text(2)),
             std::string(statement.text(3))};
  row.watermark = statement.integer(4);
  row.generation = statement.integer(5);
  row.revision = statement.integer(6);
  row.study_revision = statement.integer(7);
  row.blob_key = std::string(statement.text(8));
  row.blob = {.size = static_cast<std::uint64_t>(statement.integer(9)),
              .xxh3 = static_cast<std::uint64_t>(statement.integer(10)),
              .crc32 = static_cast<std::uint32_t>(statement.integer(11)),
              .hashed = statement.integer(12) != 0};
  row.sop_class = std::string(statement.text(13));
  row.transfer_syntax = std::string(statement.text(14));
  row.flavor = static_cast<ImageFlavor>(statement.integer(15));
  row.frames = static_cast<std::uint32_t>(statement.integer(16));
  return row;
}

std::string describe(const Scope& scope) {
  if (!scope.sop.empty()) {
    return "instance " + scope.sop + " of series " + scope.series + " of study " + scope.study;
  }
  return scope.series.empty() ? "study " + scope.study : "series " + scope.series + " of study " + scope.study;
}

}  // namespace

Result<std::vector<InstanceRow>> select_rows(Connection& connection, const Scope& scope, const Visibility& visibility) {
  std::string sql(kColumns);
  sql += scope.series.empty() ? "" : " AND r.series_uid = ?";
  sql += scope.sop.empty() ? "" : " AND i.sop_uid = ?";
  sql += flavors_sql(visibility.flavors_in(scope.study), "i");
  sql += scope.sop.empty() ? " ORDER BY r.series_uid, i.instance_number, i.sop_uid" : "";
  TRY_ASSIGN(Statement * statement, connection.prepare(sql));
  int index = 1;
  statement->bind(index++, scope.partition);
  statement->bind(index++, scope.study);
  if (!scope.series.empty()) {
    statement->bind(index++, scope.series);
  }
  if (!scope.sop.empty()) {
    statement->bind(index++, scope.sop);
  }
  std::vector<InstanceRow> rows;
  while (true) {
    TRY_ASSIGN(const bool more, statement->step());
    if (!more) {
      break;
    }
    rows.push_back(read_row(*statement));
  }
  if (rows.empty()) {
    return Status(Code::NotFound, describe(scope) + " is not stored here");
  }
  return rows;
}

Result<std::vector<InstanceRow>> Instances::list(const Scope& scope, const Visibility& visibility) {
  std::vector<InstanceRow> rows;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(rows, select_rows(connection, scope, visibility));
    return {};
  }));
  return rows;
}

Result<InstanceRow> Instances::find(const Scope& instance, const Visibility& visibility) {
  TRY_ASSIGN(std::vector<InstanceRow> rows, list(instance, visibility));
  return std::move(rows.front());
}

}  // namespace tessera::catalog
