#include "catalog/restoration.h"

#include "catalog/publication.h"
#include "catalog/sql.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kPartition = "INSERT OR IGNORE INTO partitions(id, name, created_millis) VALUES(?, ?, ?)";
constexpr std::string_view kBlob =
    "INSERT OR IGNORE INTO blobs(id, key, state, partition_id, study_uid, series_uid, sop_uid) "
    "VALUES(?, ?, 0, ?, ?, ?, ?)";
constexpr std::string_view kState = "UPDATE blobs SET state = ? WHERE id = ? AND state = 0";
constexpr std::string_view kUnread =
    "SELECT id, partition_id, study_uid, series_uid, sop_uid, key FROM blobs WHERE state = 0 AND id > ? "
    "ORDER BY id LIMIT ?";
constexpr std::string_view kCount = "SELECT count(*) FROM blobs WHERE state = ?";
constexpr std::string_view kForgetSequences = "DELETE FROM sqlite_sequence WHERE name IN ('blobs', 'feed')";
constexpr std::string_view kSequences = "INSERT INTO sqlite_sequence(name, seq) VALUES('blobs', ?), ('feed', ?)";
constexpr std::string_view kRevisions = "UPDATE revision_counter SET value = max(value, ?)";

constexpr std::int64_t kGarbage = 2;
constexpr std::int64_t kSetAside = 3;

}  // namespace

Status Restoration::note_partition(std::int64_t key, std::string_view name, std::int64_t created_millis) {
  return database_.write([&](Connection& connection) -> Status {
    RETURN_IF_ERROR(run(connection, kPartition, {key, std::string(name), created_millis}));
    if (connection.changes() == 1 || key == 1) {
      return {};
    }
    return Status(Code::Corrupt,
                  "partition " + std::to_string(key) + " is named '" + std::string(name) + "', as another one is");
  });
}

Result<std::vector<FoundBlob>> Restoration::note_blobs(std::span<const FoundBlob> found) {
  std::vector<FoundBlob> taken;
  RETURN_IF_ERROR(database_.write([&](Connection& connection) -> Status {
    for (const FoundBlob& blob : found) {
      RETURN_IF_ERROR(
          run(connection, kBlob,
              {blob.watermark, blob.blob_key, blob.key.partition, blob.key.study, blob.key.series, blob.key.sop}));
      if (connection.changes() != 1) {
        taken.push_back(blob);
      }
    }
    return {};
  }));
  return taken;
}

Status Restoration::note_removed(std::span<const std::int64_t> watermarks) {
  return database_.write([&](Connection& connection) -> Status {
    for (const std::int64_t watermark : watermarks) {
      RETURN_IF_ERROR(run(connection, kState, {kGarbage, watermark}));
    }
    return {};
  });
}

Status Restoration::start_numbers_above(std::int64_t floor) {
  return database_.write([&](Connection& connection) -> Status {
    RETURN_IF_ERROR(run(connection, kForgetSequences, {}));
    RETURN_IF_ERROR(run(connection, kSequences, {floor, floor}));
    return run(connection, kRevisions, {floor});
  });
}

Result<std::vector<FoundBlob>> Restoration::unread(std::int64_t after, std::size_t limit) {
  std::vector<FoundBlob> found;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * row, query(connection, kUnread, {after, static_cast<std::int64_t>(limit)}));
    while (true) {
      TRY_ASSIGN(const bool more, row->step());
      if (!more) {
        return {};
      }
      found.push_back(
          {row->integer(0),
           {row->integer(1), std::string(row->text(2)), std::string(row->text(3)), std::string(row->text(4))},
           std::string(row->text(5))});
    }
  }));
  return found;
}

Status Restoration::publish(std::span<const Publication> publications) {
  return database_.write([&](Connection& connection) -> Status {
    for (const Publication& publication : publications) {
      TRY_ASSIGN([[maybe_unused]] const Published published, publish_in(connection, publication, clock_.wall_millis()));
    }
    return {};
  });
}

Status Restoration::set_aside(std::int64_t watermark) {
  return database_.write([&](Connection& connection) { return run(connection, kState, {kSetAside, watermark}); });
}

Result<std::uint64_t> Restoration::count(std::int64_t state) {
  std::uint64_t count = 0;
  RETURN_IF_ERROR(database_.read([&](Connection& connection) -> Status {
    TRY_ASSIGN(Statement * statement, query(connection, kCount, {state}));
    TRY_ASSIGN([[maybe_unused]] const bool row, statement->step());
    count = static_cast<std::uint64_t>(statement->integer(0));
    return {};
  }));
  return count;
}

}  // namespace tessera::catalog
