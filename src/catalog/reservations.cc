// The life of a blob row: pending under a lease, live, garbage, gone.
#include "catalog/instances.h"
#include "catalog/sql.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kVisible =
    "SELECT 1 FROM instances i JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = r.study_id "
    "WHERE i.sop_uid = ? AND r.series_uid = ? AND s.study_uid = ? AND s.partition_id = ?";
constexpr std::string_view kClaimed =
    "SELECT 1 FROM blobs WHERE state = 0 AND sop_uid = ? AND series_uid = ? AND study_uid = ? AND partition_id = ? "
    "AND lease_until > ?";
constexpr std::string_view kInsert =
    "INSERT INTO blobs(key, state, partition_id, study_uid, series_uid, sop_uid, owner, lease_until) "
    "VALUES('', 0, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kNameIt = "UPDATE blobs SET key = ? WHERE id = ?";
constexpr std::string_view kHeartbeat =
    "UPDATE blobs SET lease_until = ? WHERE state = 0 AND owner = ? AND lease_until > ?";
constexpr std::string_view kExpire = "UPDATE blobs SET state = 2 WHERE state = 0 AND lease_until <= ?";
constexpr std::string_view kAnyExpired = "SELECT 1 FROM blobs WHERE state = 0 AND lease_until <= ? LIMIT 1";
constexpr std::string_view kCountExpired = "SELECT count(*) FROM blobs WHERE state = 0 AND lease_until <= ?";
constexpr std::string_view kHoldsBlob = "SELECT 1 FROM blobs WHERE id = ?";
constexpr std::string_view kForget = "DELETE FROM blobs WHERE id = ? AND state <> 1";
constexpr std::string_view kGarbage =
    "SELECT id, key, coalesce(owner, '') FROM blobs WHERE state = 2 ORDER BY id LIMIT ?";
constexpr std::string_view kAnyPending = "SELECT 1 FROM blobs WHERE state = 0 AND owner = ? LIMIT 1";

Result<bool> exists(Connection& connection, std::string_view sql, std::initializer_list<SqlValue> values) {
  TRY_ASSIGN(Statement * statement, query(connection, sql, values));
  return statement->step();
}

Status claim(Connection& connection, const InstanceKey& key, bool replace, std::int64_t now) {
  TRY_ASSIGN(const bool visible, exists(connection, kVisible, {key.sop, key.series, key.study, key.partition}));
  if (visible && !replace) {
    return Status(Code::AlreadyExists, "reserve instance " + key.sop + ": it is stored already");
  }
  TRY_ASSIGN(const bool claimed, exists(connection, kClaimed, {key.sop, key.series, key.study, key.partition, now}));
  if (claimed) {
    return Status(Code::Busy, "reserve instance " + key.sop + ": another upload of it is under way");
  }
  return {};
}

}  // namespace

Instances::Instances(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

Result<Reservation> Instances::reserve(const InstanceKey& key, std::string_view owner, Millis lease, bool replace) {
  Reservation reservation;
  const Status status = database_.write([&](Connection& connection) -> Status {
    const std::int64_t now = clock_.wall_millis();
    RETURN_IF_ERROR(claim(connection, key, replace, now));
    RETURN_IF_ERROR(run(connection, kInsert,
                        {key.partition, key.study, key.series, key.sop, std::string(owner), now + lease.count()}));
    reservation.watermark = connection.last_insert_id();
    reservation.blob_key = std::to_string(key.partition) + "/" + key.study + "/" + key.series + "/" + key.sop + "_" +
                           std::to_string(reservation.watermark) + ".dcm";
    return run(connection, kNameIt, {reservation.blob_key, reservation.watermark});
  });
  if (!status.ok()) {
    return status;
  }
  return reservation;
}

Status Instances::heartbeat(std::string_view owner, Millis lease) {
  bool any = false;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(any, exists(connection, kAnyPending, {std::string(owner)}));
    return {};
  }));
  if (!any) {
    return {};  // an idle process does not write
  }
  return database_.write([&](Connection& connection) {
    const std::int64_t now = clock_.wall_millis();
    return run(connection, kHeartbeat, {now + lease.count(), std::string(owner), now});
  });
}

Result<std::uint64_t> Instances::expire_pending() {
  bool any = false;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(any, exists(connection, kAnyExpired, {clock_.wall_millis()}));
    return {};
  }));
  std::uint64_t expired = 0;
  if (any) {
    RETURN_IF_ERROR(database_.write([&](Connection& connection) -> Status {
      RETURN_IF_ERROR(run(connection, kExpire, {clock_.wall_millis()}));
      expired = static_cast<std::uint64_t>(connection.changes());
      return {};
    }));
  }
  return expired;
}

Status Instances::forget(std::int64_t watermark) {
  return forget(std::span<const std::int64_t>(&watermark, 1));
}

Status Instances::forget(std::span<const std::int64_t> watermarks) {
  return database_.write([&](Connection& connection) -> Status {
    for (const std::int64_t watermark : watermarks) {
      RETURN_IF_ERROR(run(connection, kForget, {watermark}));
    }
    return {};
  });
}

Result<bool> Instances::holds_blob(std::int64_t watermark) {
  bool held = false;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(held, exists(connection, kHoldsBlob, {watermark}));
    return {};
  }));
  return held;
}

Result<std::uint64_t> Instances::count_expired() {
  std::uint64_t count = 0;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement, query(connection, kCountExpired, {clock_.wall_millis()}));
    TRY_ASSIGN([[maybe_unused]] const bool row, statement->step());
    count = static_cast<std::uint64_t>(statement->integer(0));
    return {};
  }));
  return count;
}

Result<std::vector<PendingBlob>> Instances::garbage(std::size_t limit) {
  std::vector<PendingBlob> found;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement, query(connection, kGarbage, {static_cast<std::int64_t>(limit)}));
    while (true) {
      TRY_ASSIGN(const bool row, statement->step());
      if (!row) {
        return {};
      }
      found.push_back({statement->integer(0), std::string(statement->text(1)), std::string(statement->text(2))});
    }
  }));
  return found;
}

Result<std::int64_t> Instances::epoch() {
  return database_.data_version();
}

}  // namespace tessera::catalog
