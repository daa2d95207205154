// The visibility transaction (design §4.6): one transaction makes the instance visible, bumps the study's revision and
// appends the feed. Study and series attributes are those of the instance with the newest watermark, whatever the order
// in which uploads end: so they follow from what is stored, and a rebuild finds the same. Images that show the label
// count only where there are no others: what is told of a study must not come from what few may see.
#include "catalog/publication.h"

#include <charconv>

#include "catalog/feed_entry.h"
#include "catalog/index_rows.h"
#include "catalog/sql.h"
#include "catalog/study_revision.h"

namespace tessera::catalog {

namespace {

constexpr std::string_view kBlobLive =
    "UPDATE blobs SET state = 1, size = ?, xxh3 = ?, crc32 = ?, hashed = ?, owner = NULL, lease_until = NULL "
    "WHERE id = ? AND state = 0";

constexpr std::string_view kStudy =
    "INSERT INTO studies(partition_id, study_uid, revision, watermark, header, ordinary) VALUES(?,?,?,?,?,?) "
    "ON CONFLICT(partition_id, study_uid) DO UPDATE SET revision = excluded.revision, "
    "watermark = excluded.watermark, header = excluded.header, ordinary = excluded.ordinary RETURNING id";

constexpr std::string_view kSeries =
    "INSERT INTO series(study_id, series_uid, watermark, modality, header, ordinary, partition_id) "
    "VALUES(?,?,?,?,?,?,?) ON CONFLICT(study_id, series_uid) DO UPDATE SET watermark = excluded.watermark, "
    "modality = excluded.modality, header = excluded.header, ordinary = excluded.ordinary RETURNING id";

// The study or series has an instance that goes before this one: its attributes stay.
constexpr std::string_view kOlderInStudy =
    "UPDATE studies SET revision = ? WHERE partition_id = ? AND study_uid = ? "
    "AND (ordinary, watermark) > (?, ?) RETURNING id";
constexpr std::string_view kOlderInSeries =
    "SELECT id FROM series WHERE study_id = ? AND series_uid = ? AND (ordinary, watermark) > (?, ?)";

constexpr std::string_view kHeld =
    "SELECT i.id, i.generation, i.blob_id FROM instances i JOIN series r ON r.id = i.series_id "
    "JOIN studies s ON s.id = r.study_id "
    "WHERE i.sop_uid = ? AND r.series_uid = ? AND s.study_uid = ? AND s.partition_id = ?";
constexpr std::string_view kDropInstance = "DELETE FROM instances WHERE id = ?";
constexpr std::string_view kBlobGarbage = "UPDATE blobs SET state = 2 WHERE id = ?";
constexpr std::string_view kInstance =
    "INSERT INTO instances(series_id, sop_uid, sop_class, instance_number, transfer_syntax, image_flavor, frames, "
    "watermark, generation, revision, blob_id, header, partition_id, index_generation) "
    "VALUES(?,?,?,?,?,?,?,?,?,0,?,?,?,?)";

std::int64_t is_ordinary(const Publication& p) {
  return (flavor_bit(p.instance.flavor) & kOrdinaryFlavors) != 0 ? 1 : 0;
}

// The id of the row that a statement gives; 0 when it gives none.
Result<std::int64_t> id_if_any(Connection& connection, std::string_view sql, std::initializer_list<SqlValue> values) {
  TRY_ASSIGN(Statement * statement, query(connection, sql, values));
  TRY_ASSIGN(const bool row, statement->step());
  if (!row) {
    return std::int64_t{0};
  }
  const std::int64_t id = statement->integer(0);
  TRY_ASSIGN([[maybe_unused]] const bool more, statement->step());
  return id;
}

// The id that a RETURNING clause gives.
Result<std::int64_t> returned_id(Connection& connection, std::string_view sql, std::initializer_list<SqlValue> values) {
  TRY_ASSIGN(const std::int64_t id, id_if_any(connection, sql, values));
  return id != 0 ? Result<std::int64_t>(id) : Status(Code::Internal, "publish: an upsert returned no row");
}

Result<std::int64_t> upsert_study(Connection& connection, const Publication& p, std::int64_t revision) {
  TRY_ASSIGN(const std::int64_t newer,
             id_if_any(connection, kOlderInStudy,
                       {revision, p.key.partition, p.key.study, is_ordinary(p), p.reservation.watermark}));
  if (newer != 0) {
    return newer;
  }
  TRY_ASSIGN(const std::int64_t id, returned_id(connection, kStudy,
                                                {p.key.partition, p.key.study, revision, p.reservation.watermark,
                                                 p.study.header, is_ordinary(p)}));
  RETURN_IF_ERROR(write_keys(connection, Level::Study, id, p.key.partition, p.study.keys));
  return id;
}

Result<std::int64_t> upsert_series(Connection& connection, const Publication& p, std::int64_t study) {
  TRY_ASSIGN(const std::int64_t newer,
             id_if_any(connection, kOlderInSeries, {study, p.key.series, is_ordinary(p), p.reservation.watermark}));
  if (newer != 0) {
    return newer;
  }
  TRY_ASSIGN(const std::int64_t id, returned_id(connection, kSeries,
                                                {study, p.key.series, p.reservation.watermark, p.series.modality,
                                                 p.series.header, is_ordinary(p), p.key.partition}));
  RETURN_IF_ERROR(write_keys(connection, Level::Series, id, p.key.partition, p.series.keys));
  return id;
}

// Makes room for a replacement, as a delete would; returns the generation of what comes now. Before study and series
// are written: what showed the old one's attributes shows those of what remains, and then perhaps the new one's.
Result<std::int64_t> next_generation(Connection& connection, const Publication& p) {
  TRY_ASSIGN(Statement * held, query(connection, kHeld, {p.key.sop, p.key.series, p.key.study, p.key.partition}));
  TRY_ASSIGN(const bool there, held->step());
  if (!there) {
    return std::int64_t{1};
  }
  const std::int64_t id = held->integer(0);
  const std::int64_t generation = held->integer(1);
  const std::int64_t blob = held->integer(2);
  TRY_ASSIGN([[maybe_unused]] const bool more, held->step());
  if (!p.replace) {
    return Status(Code::AlreadyExists, "publish instance " + p.key.sop + ": it was stored meanwhile");
  }
  RETURN_IF_ERROR(run(connection, kDropInstance, {id}));
  RETURN_IF_ERROR(run(connection, kBlobGarbage, {blob}));
  RETURN_IF_ERROR(tidy_study(connection, p.key.partition, p.key.study));
  return generation + 1;
}

SqlValue as_number(const std::string& text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() ? SqlValue(number) : SqlValue();
}

Status insert_instance(Connection& connection, const Publication& p, std::int64_t series, std::int64_t generation) {
  const InstanceAttributes& i = p.instance;
  RETURN_IF_ERROR(
      run(connection, kInstance,
          {series, p.key.sop, i.sop_class, as_number(i.instance_number), i.transfer_syntax,
           static_cast<std::int64_t>(i.flavor), static_cast<std::int64_t>(i.frames), p.reservation.watermark,
           generation, p.reservation.watermark, i.header, p.key.partition, kIndexGeneration}));
  return write_keys(connection, Level::Instance, connection.last_insert_id(), p.key.partition, i.keys);
}

Status make_live(Connection& connection, const Publication& p) {
  RETURN_IF_ERROR(run(connection, kBlobLive,
                      {static_cast<std::int64_t>(p.blob.size), static_cast<std::int64_t>(p.blob.xxh3),
                       static_cast<std::int64_t>(p.blob.crc32), std::int64_t{p.blob.hashed}, p.reservation.watermark}));
  if (connection.changes() != 1) {
    return Status(Code::Cancelled, "publish instance " + p.key.sop + ": its lease ran out and a sweep reclaimed it");
  }
  return {};
}

}  // namespace

Result<std::int64_t> next_study_revision(Connection& connection) {
  return returned_id(connection, "UPDATE revision_counter SET value = value + 1 RETURNING value", {});
}

Result<Published> publish_in(Connection& connection, const Publication& p, std::int64_t now_millis) {
  RETURN_IF_ERROR(make_live(connection, p));
  TRY_ASSIGN(const std::int64_t generation, next_generation(connection, p));
  TRY_ASSIGN(const std::int64_t revision, next_study_revision(connection));
  TRY_ASSIGN(const std::int64_t study, upsert_study(connection, p, revision));
  TRY_ASSIGN(const std::int64_t series, upsert_series(connection, p, study));
  RETURN_IF_ERROR(insert_instance(connection, p, series, generation));
  const bool replaced = generation > 1;
  RETURN_IF_ERROR(append_feed(connection, replaced ? FeedAction::Update : FeedAction::Create, p.key, p.instance.flavor,
                              p.reservation.watermark, now_millis));
  return Published{revision, replaced};
}

Result<Published> Instances::publish(const Publication& publication) {
  Published published;
  const Status status = database_.write([&](Connection& connection) -> Status {
    TRY_ASSIGN(published, publish_in(connection, publication, clock_.wall_millis()));
    return {};
  });
  if (!status.ok()) {
    return status;
  }
  return published;
}

}  // namespace tessera::catalog
