#include "catalog/indexing.h"

#include "catalog/index_rows.h"
#include "catalog/sql.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kUnindexed =
    "SELECT i.partition_id, s.study_uid, r.series_uid, i.sop_uid, i.watermark, b.key, i.transfer_syntax "
    "FROM instances i INDEXED BY instances_not_indexed CROSS JOIN series r ON r.id = i.series_id "
    "CROSS JOIN studies s ON s.id = r.study_id CROSS JOIN blobs b ON b.id = i.blob_id "
    "WHERE i.index_generation < 1 ORDER BY i.watermark DESC LIMIT ?";
constexpr std::string_view kCount = "SELECT count(*) FROM instances WHERE index_generation < 1";
constexpr std::string_view kDone = "UPDATE instances SET index_generation = ? WHERE watermark = ?";
constexpr std::string_view kInstance =
    "UPDATE instances SET header = ?, index_generation = ? WHERE watermark = ? RETURNING id";
constexpr std::string_view kSeries =
    "UPDATE series SET header = ?, modality = ? WHERE partition_id = ? AND series_uid = ? AND watermark = ? "
    "RETURNING id";
constexpr std::string_view kStudy =
    "UPDATE studies SET header = ? WHERE partition_id = ? AND study_uid = ? AND watermark = ? RETURNING id";

Status write(Connection& connection, std::string_view update, std::initializer_list<SqlValue> values, Level level,
             std::int64_t partition, const std::vector<KeyValue>& keys) {
  TRY_ASSIGN(Statement * statement, query(connection, update, values));
  TRY_ASSIGN(const bool row, statement->step());
  if (!row) {
    return {};
  }
  const std::int64_t id = statement->integer(0);
  TRY_ASSIGN([[maybe_unused]] const bool more, statement->step());
  return write_keys(connection, level, id, partition, keys);
}

Status index_one(Connection& connection, const Publication& p) {
  const std::int64_t watermark = p.reservation.watermark;
  RETURN_IF_ERROR(write(connection, kInstance, {p.instance.header, kIndexGeneration, watermark}, Level::Instance,
                        p.key.partition, p.instance.keys));
  RETURN_IF_ERROR(write(connection, kSeries,
                        {p.series.header, p.series.modality, p.key.partition, p.key.series, watermark}, Level::Series,
                        p.key.partition, p.series.keys));
  return write(connection, kStudy, {p.study.header, p.key.partition, p.key.study, watermark}, Level::Study,
               p.key.partition, p.study.keys);
}

}  // namespace

Result<std::vector<Unindexed>> Indexing::unindexed(std::size_t limit) {
  std::vector<Unindexed> found;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * row, query(connection, kUnindexed, {static_cast<std::int64_t>(limit)}));
    while (true) {
      TRY_ASSIGN(const bool more, row->step());
      if (!more) {
        return {};
      }
      found.push_back(
          {{row->integer(0), std::string(row->text(1)), std::string(row->text(2)), std::string(row->text(3))},
           {row->integer(4), std::string(row->text(5))},
           std::string(row->text(6))});
    }
  }));
  return found;
}

Result<std::uint64_t> Indexing::count_unindexed() {
  std::uint64_t count = 0;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * row, query(connection, kCount, {}));
    TRY_ASSIGN([[maybe_unused]] const bool more, row->step());
    count = static_cast<std::uint64_t>(row->integer(0));
    return {};
  }));
  return count;
}

Status Indexing::index(std::span<const Publication> publications) {
  return database_.write([&](Connection& connection) -> Status {
    for (const Publication& publication : publications) {
      RETURN_IF_ERROR(index_one(connection, publication));
    }
    return {};
  });
}

Status Indexing::give_up(std::int64_t watermark) {
  return database_.write([&](Connection& connection) { return run(connection, kDone, {kIndexGeneration, watermark}); });
}

}  // namespace tessera::catalog
