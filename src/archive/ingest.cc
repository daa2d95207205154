#include "archive/ingest.h"

#include <chrono>

#include "archive/sidecars.h"
#include "dicom/ids.h"
#include "dicom/parser.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace tessera::archive {

namespace {

namespace tags = dicom::tags;

StoreReason reason_of(const Status& status) {
  switch (status.code()) {
    case Code::NoSpace:
      return StoreReason::OutOfResources;
    case Code::AlreadyExists:
      return StoreReason::AlreadyExists;
    case Code::Busy:
      return StoreReason::BeingCreated;
    default:
      return StoreReason::ProcessingFailure;
  }
}

std::uint64_t micros(std::chrono::steady_clock::duration time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

Ingest::Ingest(blob::BlobStore& blobs, catalog::Instances& instances, Locator& locator, Options options)
    : blobs_(blobs), instances_(instances), locator_(locator), options_(std::move(options)) {}

Result<std::unique_ptr<Ingest::Session>> Ingest::begin(IngestOptions options) {
  auto session = std::make_unique<Session>(*this, std::move(options));
  const Status started = session->start();
  if (!started.ok()) {
    session->fail(started, reason_of(started));
  }
  return session;
}

Ingest::Session::Session(Ingest& shared, IngestOptions options)
    : shared_(shared), options_(std::move(options)), validator_(options_.strictness), partition_(options_.partition) {}

Ingest::Session::~Session() {
  discard();
}

Status Ingest::Session::start() {
  TRY_ASSIGN(writer_, shared_.blobs_.put());
  TRY_ASSIGN(sidecars_, SidecarBuilder::create(shared_.blobs_));
  std::vector<dicom::TokenSink*> sinks = sidecars_->sinks();
  sinks.push_back(&attributes_);
  sinks.push_back(&validator_);
  tee_ = std::make_unique<dicom::TokenTee>(std::move(sinks));
  parser_ = std::make_unique<dicom::Parser>(*tee_);
  return {};
}

void Ingest::Session::adopt(std::unique_ptr<blob::BlobWriter> whole) {
  if (outcome_.status.ok()) {
    writer_ = std::move(whole);
    adopted_ = true;
  }
}

void Ingest::Session::feed(ByteView bytes) {
  bytes_ += bytes.size();
  const bool duplicate = outcome_.reason == StoreReason::AlreadyExists;
  if (outcome_.status.ok() || duplicate) {
    checksum_.update(bytes);  // of a duplicate too: the answer says whether the bytes are the same
  }
  if (!outcome_.status.ok()) {
    return;
  }
  const Status taken = take(bytes);
  if (!taken.ok() && outcome_.status.ok()) {
    fail(taken, reason_of(taken));
  }
}

Status Ingest::Session::take(ByteView bytes) {
  RETURN_IF_ERROR(parser_->feed(bytes));
  if (!adopted_) {
    RETURN_IF_ERROR(writer_->write(bytes));
  }
  if (!identity_checked_ && attributes_.identity_complete()) {
    RETURN_IF_ERROR(check_identity());
    RETURN_IF_ERROR(reserve());
  }
  return {};
}

void Ingest::Session::note_identity() {
  outcome_.study = attributes_.first_value(tags::kStudyInstanceUID).value_or("");
  outcome_.series = attributes_.first_value(tags::kSeriesInstanceUID).value_or("");
  outcome_.sop = attributes_.first_value(tags::kSOPInstanceUID).value_or("");
  outcome_.sop_class = attributes_.first_value(tags::kSOPClassUID).value_or("");
}

Status Ingest::Session::check_identity() {
  identity_checked_ = true;
  note_identity();
  const struct {
    const char* keyword;
    const std::string& value;
  } required[] = {{"StudyInstanceUID", outcome_.study},
                  {"SeriesInstanceUID", outcome_.series},
                  {"SOPInstanceUID", outcome_.sop},
                  {"SOPClassUID", outcome_.sop_class}};
  for (const auto& [keyword, value] : required) {
    if (!dicom::is_valid_uid(value)) {
      Status status(Code::InvalidArgument,
                    std::string("store instance: ") + keyword + (value.empty() ? " is missing" : " is no valid UID"));
      fail(status, StoreReason::ValidationFailed);
      return status;
    }
  }
  if (!options_.expected_study.empty() && outcome_.study != options_.expected_study) {
    Status status(Code::InvalidArgument,
                  "store instance: its StudyInstanceUID " + outcome_.study + " is not the one of the request");
    fail(status, StoreReason::StudyMismatch);
    return status;
  }
  return check_rights();
}

// Before anything is looked up: who may not store this learns nothing of what is stored.
Status Ingest::Session::check_rights() {
  if (options_.allowed.sees(outcome_.study, attributes_.flavor())) {
    return {};
  }
  Status status(Code::PermissionDenied, "store instance: not authorized for this study or kind of image");
  fail(status, StoreReason::NotAuthorized);
  return status;
}

Status Ingest::Session::reserve() {
  if (options_.enter_partition) {
    TRY_ASSIGN(partition_, options_.enter_partition());
  }
  const catalog::InstanceKey key{partition_, outcome_.study, outcome_.series, outcome_.sop};
  TRY_ASSIGN(reservation_,
             shared_.instances_.reserve(key, shared_.options_.owner, shared_.options_.lease, options_.replace));
  return options_.replace ? check_replaced(key) : Status();
}

// What is replaced is lost: it must be of a kind that whoever stores may store. The reservation keeps other uploads
// from it meanwhile.
Status Ingest::Session::check_replaced(const catalog::InstanceKey& key) {
  const auto held =
      shared_.instances_.find({key.partition, key.study, key.series, key.sop}, catalog::Visibility::everything());
  if (held.status().code() == Code::NotFound || (held.ok() && options_.allowed.sees(key.study, held->flavor))) {
    return {};
  }
  if (!held.ok()) {
    return held.status();
  }
  Status status(Code::PermissionDenied, "replace instance: not authorized for the kind of image that is stored");
  fail(status, StoreReason::NotAuthorized);
  return status;
}

Status Ingest::Session::check_content() {
  if (options_.strictness == Strictness::Standard) {
    return {};
  }
  const std::optional<std::string> patient = attributes_.first_value(tags::kPatientID);
  std::string problem;
  if (!patient.has_value()) {
    problem = "PatientID is missing";
  } else if (options_.strictness == Strictness::V1 && patient->empty()) {
    problem = "PatientID is empty";
  } else {
    problem = broken_rule(dicom::Vr::LO, as_bytes(*patient));
  }
  outcome_.attribute_errors = validator_.errors();
  if (problem.empty() && options_.strictness == Strictness::V1 && !outcome_.attribute_errors.empty()) {
    problem = outcome_.attribute_errors.front().text;
  }
  if (!problem.empty()) {
    Status status(Code::InvalidArgument, "store instance: " + problem);
    fail(status, StoreReason::ValidationFailed);
    return status;
  }
  return {};
}

StoreOutcome Ingest::Session::finish() {
  if (outcome_.status.ok()) {
    const Status status = complete();
    if (!status.ok() && outcome_.status.ok()) {
      fail(status, reason_of(status));
    }
  }
  if (outcome_.reason == StoreReason::AlreadyExists) {
    compare_with_stored();
  }
  shared_.counters_.note(static_cast<std::uint16_t>(outcome_.reason), outcome_.status.ok(), bytes_);
  return outcome_;
}

Status Ingest::Session::complete() {
  if (bytes_ == 0) {
    return Status(Code::Corrupt, "store instance: the body is empty");
  }
  RETURN_IF_ERROR(parser_->finish());
  if (writer_->size() != bytes_) {
    return Status(Code::Internal, "store instance: " + std::to_string(bytes_) + " bytes were read, the blob has " +
                                      std::to_string(writer_->size()));
  }
  if (!identity_checked_) {
    RETURN_IF_ERROR(check_identity());
    RETURN_IF_ERROR(reserve());
  }
  RETURN_IF_ERROR(check_content());
  catalog::Publication publication;
  publication.key = {partition_, outcome_.study, outcome_.series, outcome_.sop};
  publication.reservation = reservation_;
  publication.blob = {.size = bytes_, .xxh3 = checksum_.xxh3(), .crc32 = 0, .hashed = true};
  publication.replace = options_.replace;
  publication.instance.transfer_syntax = parser_->transfer_syntax();
  RETURN_IF_ERROR(attributes_.fill(publication));
  RETURN_IF_ERROR(sidecars_->finish(bytes_, publication.blob.xxh3));
  publication.instance.frames = sidecars_->frame_count();
  const bool frames_agree = sidecars_->frames_problem().ok();

  // The order is the promise: nothing is visible before it is durable.
  RETURN_IF_ERROR(sidecars_->commit(reservation_.blob_key));
  const auto began = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(writer_->commit(reservation_.blob_key, blob::Durability::Truth));
  const auto named = std::chrono::steady_clock::now();
  TRY_ASSIGN(const catalog::Published published, shared_.instances_.publish(publication));
  shared_.counters_.blob_commit.add(micros(named - began));
  shared_.counters_.catalog_commit.add(micros(std::chrono::steady_clock::now() - named));
  outcome_.watermark = reservation_.watermark;
  outcome_.replaced = published.replaced;
  outcome_.multiple_values = validator_.multiple_values();
  reservation_ = {};
  if (published.replaced) {
    shared_.locator_.forget({publication.key.partition, outcome_.study, outcome_.series, outcome_.sop});
  }
  if (options_.strictness == Strictness::V2 && !outcome_.attribute_errors.empty()) {
    outcome_.reason = StoreReason::DataSetWarnings;
  } else if (!frames_agree || (options_.strictness != Strictness::Standard &&
                               publication.instance.transfer_syntax == dicom::kImplicitLittleEndian)) {
    outcome_.reason = StoreReason::DataSetMismatchWarning;
  }
  return {};
}

void Ingest::Session::fail(Status status, StoreReason reason) {
  outcome_.status = std::move(status);
  outcome_.reason = reason;
  note_identity();
  discard();
}

void Ingest::Session::discard() {
  parser_.reset();
  tee_.reset();
  sidecars_.reset();
  writer_.reset();
  if (reservation_.watermark == 0) {
    return;
  }
  // The blob may or may not have been renamed into place. If this fails too, the lease runs out and a sweep does it.
  const Status removed = remove_with_sidecars(shared_.blobs_, reservation_.blob_key);
  if (removed.ok()) {
    const Status forgotten = shared_.instances_.forget(reservation_.watermark);
    (void)forgotten;
  }
  reservation_ = {};
}

// Bytes that are the same are of a study and flavor that may be stored here, so that whoever sends them is told nothing
// new; of others only that the UIDs are taken, which no answer could hide.
void Ingest::Session::compare_with_stored() {
  const catalog::Scope scope{partition_, outcome_.study, outcome_.series, outcome_.sop};
  const auto stored = shared_.instances_.find(scope, catalog::Visibility::everything());
  outcome_.identical =
      stored.ok() && stored->blob.hashed && stored->blob.size == bytes_ && stored->blob.xxh3 == checksum_.xxh3();
  if (outcome_.identical) {
    outcome_.watermark = stored->watermark;
    outcome_.status = Status(Code::AlreadyExists, "store instance: the same bytes are stored already");
  } else {
    outcome_.status =
        Status(Code::AlreadyExists, "store instance: an instance with these UIDs and other bytes is stored");
  }
}

}  // namespace tessera::archive
