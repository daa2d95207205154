// Ingest: bytes of one Part 10 file come in, an instance becomes visible; nothing in between is ever seen.
//
// One pass: bytes go to the blob writer and through the push parser at once; tokens make the sidecars, the query keys
// and the frame table. Then, in this order (design §4.5): sidecars, blob commit (write, fsync, rename, fsync of
// folders), catalog commit, and only then the answer. A pending row with a lease, written as soon as the UIDs are
// known, lets any process reclaim what a dead one left. A failed or abandoned session leaves nothing behind.
//
// A session is one thread's at a time, and blocks (disk, SQL): never on an I/O loop. Ingest is shared by all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archive/attributes.h"
#include "archive/ingest_counters.h"
#include "archive/locator.h"
#include "archive/validation.h"
#include "base/hash.h"
#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"
#include "dicom/parser.h"
#include "dicom/token.h"

namespace tessera::archive {

class SidecarBuilder;

// Failure and warning reasons of a STOW answer (PS3.18 table I.2-2 and service-api §1).
enum class StoreReason : std::uint16_t {
  None = 0,
  DataSetWarnings = 1,       // v2: stored, with attributes that break their VR's rule
  ProcessingFailure = 272,   // 0x0110
  NotAuthorized = 292,       // 0x0124
  OutOfResources = 42752,    // 0xA700
  ValidationFailed = 43264,  // 0xA900
  StudyMismatch = 43265,     // 0xA901
  DataSetMismatchWarning =
      45063,              // 0xB007: stored though implicit VR (v1, v2), or though pixels and attributes disagree
  AlreadyExists = 45070,  // 0xB00E
  BeingCreated = 45071,   // 0xB00F
};

struct IngestOptions {
  std::int64_t partition = 1;
  // Where the partition may have to be made first: called once it is known that the instance may be stored, and gives
  // the partition's key. Empty: `partition`.
  std::function<Result<std::int64_t>()> enter_partition;
  catalog::Visibility allowed = catalog::Visibility::everything();  // what whoever stores may store
  std::string expected_study;                                       // from the path; empty: any
  Strictness strictness = Strictness::Standard;
  bool replace = false;  // PUT: an instance of these UIDs gives way; atomic: readers see the old one, then the new one
};

// What became of one file. `status` says whether it was stored; the UIDs are there as far as they could be read.
struct StoreOutcome {
  Status status;
  StoreReason reason = StoreReason::None;
  std::string study, series, sop, sop_class;
  std::vector<AttributeError> attribute_errors;
  bool identical = false;        // AlreadyExists, and the stored bytes are the same
  bool replaced = false;         // an older generation has given way
  bool multiple_values = false;  // an indexed attribute has several values: only the first is searchable
  std::int64_t watermark = 0;
};

class Ingest {
 public:
  struct Options {
    std::string owner;     // this process, unique among all that share the folder
    Millis lease{60'000};  // how long an upload may go without a heartbeat before others reclaim it
  };
  // All borrowed.
  Ingest(blob::BlobStore& blobs, catalog::Instances& instances, Locator& locator, Options options);

  class Session;
  Result<std::unique_ptr<Session>> begin(IngestOptions options);

  const Options& options() const { return options_; }
  const IngestCounters& counters() const { return counters_; }

 private:
  blob::BlobStore& blobs_;
  catalog::Instances& instances_;
  Locator& locator_;
  const Options options_;
  IngestCounters counters_;
};

class Ingest::Session {
 public:
  Session(Ingest& shared, IngestOptions options);
  ~Session();

  // Never fails towards the caller: what is wrong with this file is in the outcome, and the rest of it is ignored.
  void feed(ByteView bytes);
  // Before feed(): the store holds the bytes already (BlobStore::adopt), so that what is fed is only read.
  void adopt(std::unique_ptr<blob::BlobWriter> whole);
  // What is known until now; its status fails as soon as the file is lost, so that a caller need not send the rest.
  const StoreOutcome& so_far() const { return outcome_; }
  // The file is complete. Call once.
  StoreOutcome finish();

 private:
  Status start();
  Status take(ByteView bytes);
  void note_identity();
  Status check_identity();
  Status check_rights();
  Status check_content();
  Status reserve();
  Status check_replaced(const catalog::InstanceKey& key);
  Status complete();
  void fail(Status status, StoreReason reason);
  void discard();
  void compare_with_stored();
  friend class Ingest;

  Ingest& shared_;
  const IngestOptions options_;
  std::unique_ptr<blob::BlobWriter> writer_;
  std::unique_ptr<SidecarBuilder> sidecars_;
  AttributeCollector attributes_;
  Validator validator_;
  std::unique_ptr<dicom::TokenTee> tee_;
  std::unique_ptr<dicom::Parser> parser_;
  Checksum checksum_;
  std::uint64_t bytes_ = 0;
  bool adopted_ = false;  // writer_ holds all bytes
  bool identity_checked_ = false;
  std::int64_t partition_ = 1;
  catalog::Reservation reservation_;  // watermark 0: none
  StoreOutcome outcome_;
};

}  // namespace tessera::archive
