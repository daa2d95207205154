// Deleting: rows vanish, parents with their last child, blobs become garbage, the feed says so; one transaction.
#include "catalog/feed_entry.h"
#include "catalog/instances.h"
#include "catalog/rows.h"
#include "catalog/sql.h"
#include "catalog/study_revision.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kDropInstance = "DELETE FROM instances WHERE watermark = ?";
constexpr std::string_view kBlobGarbage = "UPDATE blobs SET state = 2 WHERE id = ?";
constexpr std::string_view kSuperseded =
    "SELECT id, key, coalesce(owner, '') FROM blobs WHERE state = 2 AND partition_id = ? AND study_uid = ? "
    "AND (? = '' OR series_uid = ?) AND (? = '' OR sop_uid = ?)";
constexpr std::string_view kEmptySeries =
    "DELETE FROM series WHERE study_id = (SELECT id FROM studies WHERE partition_id = ? AND study_uid = ?) "
    "AND NOT EXISTS (SELECT 1 FROM instances WHERE series_id = series.id)";
constexpr std::string_view kEmptyStudy =
    "DELETE FROM studies WHERE partition_id = ? AND study_uid = ? "
    "AND NOT EXISTS (SELECT 1 FROM series WHERE study_id = studies.id)";
// What remains is as new as its newest instance that shows no label, or else as its newest: the order of publication.
constexpr std::string_view kSeriesAfter =
    "UPDATE series SET (ordinary, watermark) = (SELECT image_flavor NOT IN (2, 3) AS ordinary, watermark "
    "FROM instances WHERE series_id = series.id ORDER BY ordinary DESC, watermark DESC LIMIT 1) "
    "WHERE study_id = (SELECT id FROM studies WHERE partition_id = ? AND study_uid = ?)";
constexpr std::string_view kStudyAfter =
    "UPDATE studies SET revision = ?, (ordinary, watermark) = (SELECT ordinary, watermark FROM series "
    "WHERE study_id = studies.id ORDER BY ordinary DESC, watermark DESC LIMIT 1) "
    "WHERE partition_id = ? AND study_uid = ?";

// The blobs in the scope that are garbage already. There are few of them: a sweep is never far.
Result<std::vector<PendingBlob>> superseded_in(Connection& connection, const Scope& scope) {
  TRY_ASSIGN(
      Statement * statement,
      query(connection, kSuperseded, {scope.partition, scope.study, scope.series, scope.series, scope.sop, scope.sop}));
  std::vector<PendingBlob> found;
  while (true) {
    TRY_ASSIGN(const bool more, statement->step());
    if (!more) {
      return found;
    }
    found.push_back({statement->integer(0), std::string(statement->text(1)), std::string(statement->text(2))});
  }
}

}  // namespace

Status tidy_study(Connection& connection, std::int64_t partition, const std::string& study) {
  RETURN_IF_ERROR(run(connection, kEmptySeries, {partition, study}));
  RETURN_IF_ERROR(run(connection, kEmptyStudy, {partition, study}));
  if (connection.changes() == 1) {
    return {};
  }
  TRY_ASSIGN(const std::int64_t revision, next_study_revision(connection));
  RETURN_IF_ERROR(run(connection, kSeriesAfter, {partition, study}));
  return run(connection, kStudyAfter, {revision, partition, study});
}

Result<Removed> Instances::remove(const Scope& scope, const Visibility& visibility) {
  Removed removed;
  const Status status = database_.write([&](Connection& connection) -> Status {
    TRY_ASSIGN(removed.instances, select_rows(connection, scope, visibility));
    TRY_ASSIGN(removed.superseded, superseded_in(connection, scope));
    const std::int64_t now = clock_.wall_millis();
    for (const InstanceRow& row : removed.instances) {
      RETURN_IF_ERROR(run(connection, kDropInstance, {row.watermark}));
      RETURN_IF_ERROR(run(connection, kBlobGarbage, {row.watermark}));
      RETURN_IF_ERROR(append_feed(connection, FeedAction::Delete, row.key, row.flavor, row.watermark, now));
    }
    return tidy_study(connection, scope.partition, scope.study);
  });
  if (!status.ok()) {
    return status;
  }
  return removed;
}

Result<Instances::Totals> Instances::totals() {
  Totals totals{};
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement,
               query(connection,
                     "SELECT (SELECT count(*) FROM studies), (SELECT count(*) FROM series), "
                     "(SELECT count(*) FROM instances), (SELECT count(*) FROM blobs WHERE state = 1), "
                     "(SELECT coalesce(sum(size), 0) FROM blobs WHERE state = 1), "
                     "(SELECT count(*) FROM blobs WHERE state = 0), (SELECT count(*) FROM blobs WHERE state = 2)",
                     {}));
    TRY_ASSIGN([[maybe_unused]] const bool row, statement->step());
    totals = {statement->integer(0), statement->integer(1), statement->integer(2), statement->integer(3),
              statement->integer(4), statement->integer(5), statement->integer(6)};
    return {};
  }));
  return totals;
}

}  // namespace tessera::catalog
