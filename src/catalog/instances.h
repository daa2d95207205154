// Instances: studies, series, instances and their blobs; the visibility transaction; search.
//
// The life of an upload:  reserve() writes a pending blob row, which names the watermark and holds a lease
//                         → the blob is committed to the store under blob_key()
//                         → publish(), one transaction: instance visible, study revision bumped, feed appended
//   or forget() when it failed. What dies in between is made garbage by expire_pending() once its lease ran out.
// Deleting makes rows vanish and blobs garbage in one transaction; garbage() and forget() reclaim them.
//
// Identity of content is the watermark (unique, 64 bit). The feed sequence is another number, assigned inside publish:
// once sequence N was read, no entry ≤ N appears later. All methods may block; safe from many threads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/database.h"
#include "catalog/key_values.h"
#include "catalog/searchable.h"
#include "catalog/visibility.h"

namespace tessera::catalog {

struct InstanceKey {
  std::int64_t partition = 1;
  std::string study, series, sop;
};

// What a path names: a study, a series of it, or an instance of that.
struct Scope {
  std::int64_t partition = 1;
  std::string study;
  std::string series;  // empty: the whole study
  std::string sop;     // empty: the whole series
};

struct Reservation {
  std::int64_t watermark = 0;
  std::string blob_key;  // "{partition}/{study}/{series}/{sop}_{watermark}.dcm"
};

// What of an object goes into the rows of each level: the values it can be found by, and the attributes that answers
// tell. An instance's study and series attributes count while it is the newest of them (publication.cc).
struct StudyAttributes {
  std::vector<KeyValue> keys;
  std::string header;  // DICOM JSON of the study-level attributes
};
struct SeriesAttributes {
  std::string modality;
  std::vector<KeyValue> keys;
  std::string header;  // DICOM JSON of the series-level attributes
};
struct InstanceAttributes {
  std::string sop_class, instance_number, transfer_syntax;
  ImageFlavor flavor = ImageFlavor::None;
  std::uint32_t frames = 0;
  std::vector<KeyValue> keys;
  std::string header;  // DICOM JSON of the instance-level attributes
};

struct BlobFacts {
  std::uint64_t size = 0;
  std::uint64_t xxh3 = 0;
  std::uint32_t crc32 = 0;
  bool hashed = true;
};

struct Publication {
  InstanceKey key;
  Reservation reservation;
  BlobFacts blob;
  StudyAttributes study;
  SeriesAttributes series;
  InstanceAttributes instance;
  bool replace = false;  // PUT: a new generation; otherwise an instance that is there makes it AlreadyExists
};

struct Published {
  std::int64_t revision = 0;  // the study's new one
  bool replaced = false;      // an older generation, whose blob is garbage now
};

struct InstanceRow {
  InstanceKey key;
  std::int64_t watermark = 0;
  std::int64_t generation = 1;
  std::int64_t revision = 0;
  std::int64_t study_revision = 0;
  std::string blob_key;
  BlobFacts blob;
  std::string sop_class, transfer_syntax;
  ImageFlavor flavor = ImageFlavor::None;
  std::uint32_t frames = 0;
};

struct PendingBlob {
  std::int64_t watermark = 0;
  std::string blob_key;
  std::string owner;
};

struct Removed {
  std::vector<InstanceRow> instances;
  // Older generations in the same scope, replaced before and not yet reclaimed: with what replaced them gone, a rebuild
  // must not take them for the newest.
  std::vector<PendingBlob> superseded;
};

struct Match {
  SearchKey key;
  std::string value;   // exact, "a-b" range, one UID; as the request gave it, decoded
  bool fuzzy = false;  // names: prefix of each word
};

struct SearchQuery {
  Level level = Level::Study;
  std::int64_t partition = 1;
  std::string study, series;  // from the path; empty: all
  std::vector<Match> matches;
  bool lists = false;      // standard profile: UIDs and ModalitiesInStudy may be lists separated by ',' or '\\'
  bool wildcards = false;  // standard profile: '*' and '?' in text
  std::uint64_t limit = 100;
  std::uint64_t offset = 0;
  Millis time_limit{10'000};  // a search that takes longer is stopped
};

// One answer: the headers of the levels asked for, and what is counted or computed. Deeper ones are empty.
struct SearchRow {
  InstanceKey key;
  std::string study_header, series_header, instance_header;
  std::string modalities;  // in study, separated by '\\'
  std::int64_t study_series = 0, study_instances = 0, series_instances = 0;
  std::int64_t watermark = 0;     // instance level
  std::string transfer_syntaxes;  // of the level's instances, separated by '\\'
  std::uint32_t frames = 0;
};

class Instances {
 public:
  // Both are borrowed.
  Instances(Database& database, const Clock& clock);

  // AlreadyExists: visible already (unless `replace`); Busy: another upload of it is under way with a live lease.
  Result<Reservation> reserve(const InstanceKey& key, std::string_view owner, Millis lease, bool replace);
  // Every lease of this owner runs from now again.
  Status heartbeat(std::string_view owner, Millis lease);
  Result<Published> publish(const Publication& publication);
  // The blob is gone from the store: drop its row. Ok when there is none.
  Status forget(std::int64_t watermark);
  // The same for many, in one transaction.
  Status forget(std::span<const std::int64_t> watermarks);

  // Pending blobs whose lease ran out become garbage, so that publish() refuses them; returns how many.
  Result<std::uint64_t> expire_pending();
  Result<std::uint64_t> count_expired();  // how many it would be
  Result<std::vector<PendingBlob>> garbage(std::size_t limit);
  // Whether a row of any state names the blob: what no row names is nobody's.
  Result<bool> holds_blob(std::int64_t watermark);

  // NotFound when nothing of the scope exists or may be seen.
  Result<InstanceRow> find(const Scope& instance, const Visibility& visibility);
  // All instances of a scope by series, instance number and UID; NotFound when there is none.
  Result<std::vector<InstanceRow>> list(const Scope& scope, const Visibility& visibility);
  // Removes what the scope names and the caller may see; returns what was removed. NotFound when there was nothing.
  Result<Removed> remove(const Scope& scope, const Visibility& visibility);

  // Newest first, by watermark. InvalidArgument for a value that its attribute cannot have, and for a pattern that was
  // still being compared when the time was up; Unavailable when the time was up without one, and while the index of a
  // key is not made yet (archive/reindex.h).
  Result<std::vector<SearchRow>> search(const SearchQuery& query, const Visibility& visibility);
  // How many rows a search has without limit and offset; fails as it does.
  Result<std::uint64_t> count(const SearchQuery& query, const Visibility& visibility);

  // Changes whenever any process committed (Database::data_version).
  Result<std::int64_t> epoch();

  struct Totals {
    std::int64_t studies, series, instances, blobs, bytes, pending, garbage;
  };
  Result<Totals> totals();

 private:
  Database& database_;
  const Clock& clock_;
};

}  // namespace tessera::catalog
