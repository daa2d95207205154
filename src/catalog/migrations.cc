#include "catalog/migrations.h"

#include <array>

namespace tessera::catalog {

namespace {

// 1: the spine. `normal` columns hold what is compared (normal_form.h); the raw value is in the header JSON.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE partitions(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_millis INTEGER NOT NULL);
INSERT INTO partitions VALUES(1, 'Microsoft.Default', CAST(strftime('%s', 'now') AS INTEGER) * 1000);

-- The id is the watermark: AUTOINCREMENT never gives one twice.
-- state: 0 pending, 1 live, 2 garbage, 3 set aside: a rebuild could not read it, and nobody removes it.
CREATE TABLE blobs(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  store TEXT NOT NULL DEFAULT 'main',
  key TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL DEFAULT 0,
  xxh3 INTEGER NOT NULL DEFAULT 0,
  crc32 INTEGER NOT NULL DEFAULT 0,
  hashed INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL,
  partition_id INTEGER NOT NULL REFERENCES partitions(id),
  study_uid TEXT NOT NULL,
  series_uid TEXT NOT NULL,
  sop_uid TEXT NOT NULL,
  owner TEXT,
  lease_until INTEGER);
CREATE INDEX blobs_claim ON blobs(study_uid, series_uid, sop_uid, partition_id) WHERE state = 0;
CREATE INDEX blobs_lease ON blobs(lease_until) WHERE state = 0;
CREATE INDEX blobs_garbage ON blobs(id) WHERE state = 2;

CREATE TABLE studies(
  id INTEGER PRIMARY KEY,
  partition_id INTEGER NOT NULL REFERENCES partitions(id),
  study_uid TEXT NOT NULL,
  revision INTEGER NOT NULL,
  watermark INTEGER NOT NULL,
  patient_id_normal TEXT NOT NULL,
  patient_name_normal TEXT NOT NULL,
  patient_name_words TEXT NOT NULL,
  patient_birth_date TEXT NOT NULL,
  accession_number_normal TEXT NOT NULL,
  study_id_normal TEXT NOT NULL,
  study_date TEXT NOT NULL,
  study_time TEXT NOT NULL,
  study_description_normal TEXT NOT NULL,
  referring_normal TEXT NOT NULL,
  referring_words TEXT NOT NULL,
  header TEXT NOT NULL,
  UNIQUE(partition_id, study_uid));
CREATE INDEX studies_newest ON studies(partition_id, watermark);
CREATE INDEX studies_patient ON studies(partition_id, patient_id_normal);
CREATE INDEX studies_accession ON studies(partition_id, accession_number_normal);
CREATE INDEX studies_name ON studies(partition_id, patient_name_normal);
CREATE INDEX studies_date ON studies(partition_id, study_date);

CREATE TABLE series(
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES studies(id),
  series_uid TEXT NOT NULL,
  watermark INTEGER NOT NULL,
  modality_normal TEXT NOT NULL,
  modality TEXT NOT NULL,
  series_number_normal TEXT NOT NULL,
  series_description_normal TEXT NOT NULL,
  performed_start_date TEXT NOT NULL,
  manufacturer_model_normal TEXT NOT NULL,
  header TEXT NOT NULL,
  UNIQUE(study_id, series_uid));
CREATE INDEX series_newest ON series(watermark);
CREATE INDEX series_uids ON series(series_uid);

CREATE TABLE instances(
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES series(id),
  sop_uid TEXT NOT NULL,
  sop_class TEXT NOT NULL,
  instance_number INTEGER,
  instance_number_normal TEXT NOT NULL,
  transfer_syntax TEXT NOT NULL,
  image_flavor INTEGER NOT NULL,
  frames INTEGER NOT NULL,
  watermark INTEGER NOT NULL UNIQUE,
  generation INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  blob_id INTEGER NOT NULL REFERENCES blobs(id),
  header TEXT NOT NULL,
  UNIQUE(series_id, sop_uid));
CREATE INDEX instances_uids ON instances(sop_uid);

-- action: 1 create, 2 delete, 3 update. Sequences rise in commit order: there is one writer at a time.
CREATE TABLE feed(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  time_millis INTEGER NOT NULL,
  partition_id INTEGER NOT NULL,
  study_uid TEXT NOT NULL,
  series_uid TEXT NOT NULL,
  sop_uid TEXT NOT NULL,
  action INTEGER NOT NULL,
  watermark INTEGER NOT NULL);

-- One number for the revisions of all studies: a study that was deleted and stored again never shows an old one.
CREATE TABLE revision_counter(value INTEGER NOT NULL);
INSERT INTO revision_counter VALUES(0);
)sql";

// 2: rights. `ordinary` says whether the attributes and the watermark of a row come from an image that shows no label:
// such a one goes before any that does (publication.cc), so that who may not see labels learns nothing from them. Where
// they came from a label until now, the next ordinary image (or a rebuild) brings its own.
constexpr std::string_view kSecond = R"sql(
ALTER TABLE studies ADD COLUMN ordinary INTEGER NOT NULL DEFAULT 1;
ALTER TABLE series ADD COLUMN ordinary INTEGER NOT NULL DEFAULT 1;
UPDATE series SET ordinary = 0 WHERE EXISTS (
  SELECT 1 FROM instances i WHERE i.series_id = series.id AND i.watermark = series.watermark
  AND i.image_flavor IN (2, 3));
UPDATE studies SET ordinary = 0 WHERE EXISTS (
  SELECT 1 FROM series r JOIN instances i ON i.series_id = r.id
  WHERE r.study_id = studies.id AND i.watermark = studies.watermark AND i.image_flavor IN (2, 3));
UPDATE series SET watermark = coalesce(
  (SELECT max(i.watermark) FROM instances i WHERE i.series_id = series.id AND i.image_flavor NOT IN (2, 3)), watermark)
  WHERE ordinary = 0;
UPDATE studies SET watermark = coalesce(
  (SELECT max(i.watermark) FROM series r JOIN instances i ON i.series_id = r.id
   WHERE r.study_id = studies.id AND i.image_flavor NOT IN (2, 3)), watermark)
  WHERE ordinary = 0;

-- API keys (keys.h). What was revoked stays, so that the list can tell of it; a name is one living key's.
CREATE TABLE api_keys(
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  roles TEXT NOT NULL,
  created_millis INTEGER NOT NULL,
  expires_millis INTEGER,
  revoked_millis INTEGER,
  used_day TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX api_keys_name ON api_keys(name) WHERE revoked_millis IS NULL;
)sql";

// 3: the index. Searchable values leave the columns of studies, series and instances for one row each (searchable.cc
// has the numbers), found by value and by what they are of. What the columns hold is carried over; what they never held
// comes from the files (archive/reindex.h), and until then instances.index_generation says that it is not there.
constexpr std::string_view kThird = R"sql(
CREATE TABLE study_keys(
  study_id INTEGER NOT NULL REFERENCES studies(id) ON DELETE CASCADE,
  key INTEGER NOT NULL,
  value NOT NULL,
  partition_id INTEGER NOT NULL,
  PRIMARY KEY(study_id, key, value)) WITHOUT ROWID;
CREATE TABLE series_keys(
  series_id INTEGER NOT NULL REFERENCES series(id) ON DELETE CASCADE,
  key INTEGER NOT NULL,
  value NOT NULL,
  partition_id INTEGER NOT NULL,
  PRIMARY KEY(series_id, key, value)) WITHOUT ROWID;
CREATE TABLE instance_keys(
  instance_id INTEGER NOT NULL REFERENCES instances(id) ON DELETE CASCADE,
  key INTEGER NOT NULL,
  value NOT NULL,
  partition_id INTEGER NOT NULL,
  PRIMARY KEY(instance_id, key, value)) WITHOUT ROWID;

ALTER TABLE series ADD COLUMN partition_id INTEGER NOT NULL DEFAULT 1;
ALTER TABLE instances ADD COLUMN partition_id INTEGER NOT NULL DEFAULT 1;
ALTER TABLE instances ADD COLUMN index_generation INTEGER NOT NULL DEFAULT 0;
UPDATE series SET partition_id = (SELECT s.partition_id FROM studies s WHERE s.id = study_id)
  WHERE study_id IN (SELECT id FROM studies WHERE partition_id <> 1);
UPDATE instances SET partition_id = (SELECT r.partition_id FROM series r WHERE r.id = series_id)
  WHERE series_id IN (SELECT id FROM series WHERE partition_id <> 1);

-- Names: the whole, each of its component groups and what follows it; then their words.
WITH RECURSIVE name(id, key, partition_id, rest) AS (
  SELECT id, 1, partition_id, patient_name_normal FROM studies UNION ALL
  SELECT id, 6, partition_id, referring_normal FROM studies UNION ALL
  SELECT id, key, partition_id, substr(rest, instr(rest, '=') + 1) FROM name WHERE instr(rest, '=') > 0)
INSERT OR IGNORE INTO study_keys(study_id, key, value, partition_id)
  SELECT id, key, ltrim(rest, '='), partition_id FROM name WHERE ltrim(rest, '=') <> '' UNION
  SELECT id, key, substr(rest, 1, instr(rest || '=', '=') - 1), partition_id FROM name WHERE rest NOT LIKE '=%' AND rest <> '';
WITH RECURSIVE word(id, key, partition_id, word, rest) AS (
  SELECT id, 2, partition_id, '', ltrim(patient_name_words) || ' ' FROM studies UNION ALL
  SELECT id, 7, partition_id, '', ltrim(referring_words) || ' ' FROM studies UNION ALL
  SELECT id, key, partition_id, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
    FROM word WHERE rest <> '')
INSERT OR IGNORE INTO study_keys(study_id, key, value, partition_id)
  SELECT id, key, word, partition_id FROM word WHERE word <> '';

INSERT INTO study_keys(study_id, key, value, partition_id)
  SELECT id, 3, patient_id_normal, partition_id FROM studies WHERE patient_id_normal <> '' UNION ALL
  SELECT id, 4, patient_birth_date, partition_id FROM studies WHERE length(patient_birth_date) = 8 UNION ALL
  SELECT id, 5, accession_number_normal, partition_id FROM studies WHERE accession_number_normal <> '' UNION ALL
  SELECT id, 8, study_date, partition_id FROM studies WHERE length(study_date) = 8 UNION ALL
  SELECT id, 9, study_time || substr('000000.000000', length(study_time) + 1), partition_id
    FROM studies WHERE study_time GLOB '[0-9][0-9]*' AND length(study_time) <= 13 UNION ALL
  SELECT id, 11, study_id_normal, partition_id FROM studies WHERE study_id_normal <> '' UNION ALL
  SELECT id, 12, study_description_normal, partition_id FROM studies WHERE study_description_normal <> '';
INSERT INTO series_keys(series_id, key, value, partition_id)
  SELECT id, 101, modality_normal, partition_id FROM series WHERE modality_normal <> '' UNION ALL
  SELECT id, 102, CAST(series_number_normal AS INTEGER), partition_id FROM series
    WHERE series_number_normal GLOB '*[0-9]' UNION ALL
  SELECT id, 103, series_description_normal, partition_id FROM series WHERE series_description_normal <> '' UNION ALL
  SELECT id, 104, performed_start_date, partition_id FROM series WHERE length(performed_start_date) = 8 UNION ALL
  SELECT id, 105, manufacturer_model_normal, partition_id FROM series WHERE manufacturer_model_normal <> '';
INSERT INTO instance_keys(instance_id, key, value, partition_id)
  SELECT id, 203, instance_number, partition_id FROM instances WHERE instance_number IS NOT NULL;

CREATE INDEX study_values ON study_keys(key, partition_id, value, study_id);
CREATE INDEX series_values ON series_keys(key, partition_id, value, series_id);
CREATE INDEX instance_values ON instance_keys(key, partition_id, value, instance_id);
DROP INDEX series_uids;
CREATE INDEX series_uids ON series(partition_id, series_uid);
DROP INDEX instances_uids;
CREATE INDEX instances_uids ON instances(partition_id, sop_uid);
DROP INDEX series_newest;
CREATE INDEX series_newest ON series(partition_id, watermark);
CREATE INDEX instances_newest ON instances(partition_id, watermark);
CREATE INDEX instances_classes ON instances(partition_id, sop_class);
CREATE INDEX instances_syntaxes ON instances(partition_id, transfer_syntax);
CREATE INDEX instances_blobs ON instances(blob_id);
CREATE INDEX instances_not_indexed ON instances(watermark) WHERE index_generation < 1;

DROP INDEX studies_patient;
DROP INDEX studies_accession;
DROP INDEX studies_name;
DROP INDEX studies_date;
ALTER TABLE studies DROP COLUMN patient_id_normal;
ALTER TABLE studies DROP COLUMN patient_name_normal;
ALTER TABLE studies DROP COLUMN patient_name_words;
ALTER TABLE studies DROP COLUMN patient_birth_date;
ALTER TABLE studies DROP COLUMN accession_number_normal;
ALTER TABLE studies DROP COLUMN study_id_normal;
ALTER TABLE studies DROP COLUMN study_date;
ALTER TABLE studies DROP COLUMN study_time;
ALTER TABLE studies DROP COLUMN study_description_normal;
ALTER TABLE studies DROP COLUMN referring_normal;
ALTER TABLE studies DROP COLUMN referring_words;
ALTER TABLE series DROP COLUMN modality_normal;
ALTER TABLE series DROP COLUMN series_number_normal;
ALTER TABLE series DROP COLUMN series_description_normal;
ALTER TABLE series DROP COLUMN performed_start_date;
ALTER TABLE series DROP COLUMN manufacturer_model_normal;
ALTER TABLE instances DROP COLUMN instance_number_normal;
)sql";

// 4: the feed is read. An entry carries the flavor of its image, so that who may not see labels is not told of one,
// also when it has gone. 5, which no image has, where that is not known any more: for who sees everything there.
constexpr std::string_view kFourth = R"sql(
ALTER TABLE feed ADD COLUMN image_flavor INTEGER NOT NULL DEFAULT 5;
UPDATE feed SET image_flavor = coalesce(
  (SELECT i.image_flavor FROM instances i WHERE i.partition_id = feed.partition_id AND i.watermark = feed.watermark), 5);
CREATE INDEX feed_time ON feed(time_millis, sequence);
)sql";

constexpr std::array kSteps = {kFirst, kSecond, kThird, kFourth};

Result<std::int64_t> schema_version(Connection& connection) {
  TRY_ASSIGN(Statement * statement, connection.prepare("SELECT version FROM schema_version"));
  TRY_ASSIGN(const bool row, statement->step());
  const std::int64_t version = row ? statement->integer(0) : 0;
  if (row) {
    TRY_ASSIGN([[maybe_unused]] const bool more, statement->step());  // a row left open locks the schema
  }
  return version;
}

Status run_step(Connection& connection, std::size_t step) {
  RETURN_IF_ERROR(connection.begin(true));
  Status status;
  const auto version = schema_version(connection);
  if (!version.ok()) {
    status = version.status();
  } else if (*version == static_cast<std::int64_t>(step)) {  // else another process was faster
    status = connection.execute(kSteps[step]);
    if (status.ok()) {
      status = connection.execute("UPDATE schema_version SET version = version + 1");
    }
  }
  if (!status.ok()) {
    connection.rollback();
    return status;
  }
  return connection.commit();
}

Status make_version_table(Connection& connection) {
  RETURN_IF_ERROR(connection.begin(true));
  Status status = connection.execute(
      "CREATE TABLE IF NOT EXISTS schema_version(version INTEGER NOT NULL);"
      "INSERT INTO schema_version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version)");
  if (!status.ok()) {
    connection.rollback();
    return status;
  }
  return connection.commit();
}

}  // namespace

std::int64_t newest_schema() {
  return static_cast<std::int64_t>(kSteps.size());
}

Status migrate(Connection& connection) {
  RETURN_IF_ERROR(make_version_table(connection));
  // In a transaction that ends: a row left open would be a snapshot, and SQLite lets nobody wait for the write lock who
  // holds one. The first write of a process would fail whenever another process was writing.
  RETURN_IF_ERROR(connection.begin(false));
  const Result<std::int64_t> found = schema_version(connection);
  connection.rollback();
  TRY_ASSIGN(const std::int64_t version, found);
  if (version > static_cast<std::int64_t>(kSteps.size())) {
    return Status(Code::Unsupported, "the catalog has schema " + std::to_string(version) +
                                         ", this program knows schemas up to " + std::to_string(kSteps.size()) +
                                         "; use the newer program that wrote it");
  }
  for (std::size_t step = static_cast<std::size_t>(version); step < kSteps.size(); ++step) {
    RETURN_IF_ERROR(run_step(connection, step));
  }
  return {};
}

}  // namespace tessera::catalog
