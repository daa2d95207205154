#include "dicomweb/storing.h"

#include <algorithm>

#include "archive/partitions.h"
#include "net/media_type.h"

namespace tessera::dicomweb {

namespace {

using archive::StoreOutcome;
using archive::Strictness;

constexpr std::size_t kMaxParts = 65'536;  // each has its place in the answer, which is made in memory
constexpr std::size_t kMaxHeld = 64;       // each holds files and buffers until the body's end

Strictness strictness_of(Profile profile) {
  switch (profile) {
    case Profile::V1:
      return Strictness::V1;
    case Profile::V2:
      return Strictness::V2;
    case Profile::Standard:
      break;
  }
  return Strictness::Standard;
}

StoreOutcome refused(StoreOutcome outcome, Status why) {
  outcome.status = std::move(why);
  outcome.reason = archive::StoreReason::ProcessingFailure;
  return outcome;
}

}  // namespace

Storing::Storing(const ArchiveParts& parts, ExchangePtr exchange, const BodyKind& kind, net::ContentDigest digest,
                 std::shared_ptr<void> place)
    : parts_(parts), exchange_(std::move(exchange)), place_(std::move(place)), digest_(std::move(digest)) {
  options_.partition = exchange_->scope.partition;
  options_.allowed = exchange_->visibility();
  if (!exchange_->partition.empty()) {
    partition_ = exchange_->partition;
    options_.enter_partition = [this] { return enter_partition(); };
  }
  options_.expected_study = exchange_->scope.study;
  options_.strictness = strictness_of(exchange_->profile);
  options_.replace = exchange_->request.method == net::Method::Put;
  if (kind.multipart) {
    multipart_ = std::make_unique<net::MultipartParser>(kind.boundary, *this);
    root_type_ = kind.root_type;
  }
  if (kind.metadata) {
    metadata_ = std::make_unique<archive::MetadataUpload>(parts_.blobs);
  }
}

void Storing::feed(ByteView bytes) {
  if (!broken_.ok()) {
    return;
  }
  broken_ = count(bytes.size());
  if (!broken_.ok()) {
    over_quota_ = true;
    session_.reset();
    held_.clear();
    return;
  }
  digest_.update(bytes);
  if (multipart_ != nullptr) {
    broken_ = multipart_->feed(bytes);
    return;
  }
  begin_session();
  if (session_ != nullptr) {
    session_->feed(bytes);
    broken_ = entered_;
  }
}

Result<std::vector<StoreOutcome>> Storing::finish() {
  if (broken_.ok() && multipart_ != nullptr) {
    broken_ = multipart_->finish();
  }
  if (broken_.ok()) {
    broken_ = digest_.check();
  }
  if (multipart_ == nullptr) {
    begin_session();
    if (broken_.ok()) {
      broken_ = end_session();
    }
    if (!broken_.ok()) {
      session_.reset();  // before the answer: whoever gets it may send the file again
      return broken_;
    }
    return std::move(outcomes_);
  }
  if (!broken_.ok()) {
    session_.reset();
    held_.clear();
    const bool any = std::any_of(outcomes_.begin(), outcomes_.end(),
                                 [](const StoreOutcome& outcome) { return outcome.status.ok(); });
    if (!any) {
      return broken_;
    }
    add(refused({}, broken_));
    return std::move(outcomes_);
  }
  if (metadata_ != nullptr) {
    RETURN_IF_ERROR(store_metadata());
  }
  for (auto& held : held_) {
    session_ = std::move(held);
    RETURN_IF_ERROR(end_session());
  }
  return std::move(outcomes_);
}

Status Storing::on_part_begin(const net::PartHead& head) {
  if (outcomes_.size() + held_.size() >= kMaxParts) {
    return Status(Code::TooLarge, "store: the request has more than " + std::to_string(kMaxParts) + " parts");
  }
  if (metadata_ != nullptr) {
    return begin_metadata_part(head);
  }
  const std::string_view named = head.field("Content-Type");
  const auto type = net::parse_media_type(named.empty() ? std::string_view(root_type_) : named);
  if (!type.ok() || type->type != "application/dicom") {
    add(refused({}, Status(Code::Unsupported, "a part's Content-Type is not application/dicom")));
    return {};
  }
  auto digest = net::ContentDigest::of([&head](const char* name) { return head.field(name); });
  if (!digest.ok()) {
    add(refused({}, digest.status()));
    return {};
  }
  part_digest_ = std::move(*digest);
  part_bytes_ = 0;
  begin_session();
  return broken_;
}

Status Storing::begin_metadata_part(const net::PartHead& head) {
  const std::string_view named = head.field("Content-Type");
  const auto type = net::parse_media_type(named.empty() ? std::string_view(root_type_) : named);
  TRY_ASSIGN(part_digest_, net::ContentDigest::of([&head](const char* name) { return head.field(name); }));
  part_bytes_ = 0;
  in_json_ = type.ok() && type->type == kDicomJson;
  if (in_json_) {
    return {};
  }
  const std::string_view location = head.field("Content-Location");
  if (!type.ok() || location.empty()) {
    return Status(Code::InvalidArgument, "store metadata: part " + std::to_string(multipart_->parts()) + " has no " +
                                             (type.ok() ? "Content-Location" : "valid Content-Type"));
  }
  return metadata_->begin_value(location, type->parameter("transfer-syntax"));
}

Status Storing::on_part_bytes(ByteView bytes) {
  if (metadata_ != nullptr) {
    part_bytes_ += bytes.size();
    RETURN_IF_ERROR(parts_.uploads.check_instance(part_bytes_));
    part_digest_.update(bytes);
    return in_json_ ? metadata_->add_json(bytes) : metadata_->add_bytes(bytes);
  }
  if (session_ == nullptr) {
    return {};
  }
  part_bytes_ += bytes.size();
  const Status fits = parts_.uploads.check_instance(part_bytes_);
  if (!fits.ok()) {
    lose_part(fits);
    return {};
  }
  part_digest_.update(bytes);
  session_->feed(bytes);
  return entered_;
}

Status Storing::on_part_end() {
  if (metadata_ != nullptr) {
    RETURN_IF_ERROR(part_digest_.check());
    return in_json_ ? metadata_->end_json() : metadata_->end_value();
  }
  if (session_ == nullptr) {
    return {};
  }
  const Status holds = part_digest_.check();
  if (!holds.ok()) {
    lose_part(holds);
    return {};
  }
  return digest_.is_stated() ? hold_session() : end_session();
}

// What is wrong with the JSON as a whole is the request's fault; what is wrong with an instance is that instance's.
Status Storing::store_metadata() {
  auto instances = metadata_->instances();
  if (!instances.ok()) {
    const bool text = instances.status().code() == Code::Corrupt;
    return text ? Status(Code::InvalidArgument, std::string(instances.status().message())) : instances.status();
  }
  for (const dicom::JsonInstance& instance : *instances) {
    RETURN_IF_ERROR(store_instance(instance));
  }
  return {};
}

Status Storing::store_instance(const dicom::JsonInstance& instance) {
  begin_session();
  if (session_ == nullptr) {
    return broken_;
  }
  const Status written = metadata_->write(instance, [this](ByteView bytes) {
    session_->feed(bytes);
    return session_->so_far().status;
  });
  if (written.ok() || !session_->so_far().status.ok()) {
    return end_session();
  }
  StoreOutcome outcome;
  outcome.study = instance.study;
  outcome.series = instance.series;
  outcome.sop = instance.sop;
  outcome.sop_class = instance.sop_class;
  add(refused(std::move(outcome), written));
  session_.reset();
  return {};
}

// This file is lost; those after it are not.
void Storing::lose_part(Status why) {
  add(refused(session_->so_far(), std::move(why)));
  session_.reset();
}

Status Storing::count(std::size_t bytes) {
  request_bytes_ += bytes;
  RETURN_IF_ERROR(parts_.uploads.check_request(request_bytes_));
  if (multipart_ == nullptr) {
    RETURN_IF_ERROR(parts_.uploads.check_instance(request_bytes_));
  }
  return parts_.uploads.take(exchange_->caller.identity.subject, bytes);
}

void Storing::begin_session() {
  if (session_ != nullptr || !broken_.ok()) {
    return;
  }
  auto session = parts_.ingest.begin(options_);
  if (session.ok()) {
    session_ = std::move(*session);
  }
}

// Before the first instance that may be stored: its partition is there, record and all, or nothing is.
Result<std::int64_t> Storing::enter_partition() {
  if (!partition_.empty()) {
    const Result<std::int64_t> key = archive::ensure_partition(parts_.partitions, parts_.blobs, partition_);
    if (!key.ok()) {
      entered_ = key.status();
      return key;
    }
    options_.partition = *key;
    partition_.clear();
  }
  return options_.partition;
}

Status Storing::end_session() {
  if (session_ != nullptr) {
    add(session_->finish());
    session_.reset();
  }
  return entered_;
}

Status Storing::hold_session() {
  if (held_.size() >= kMaxHeld) {
    return Status(Code::InvalidArgument, "store: a digest of the whole body is taken with up to " +
                                             std::to_string(kMaxHeld) +
                                             " parts; for more, each part may have a Content-Digest of its own");
  }
  held_.push_back(std::move(session_));
  return entered_;
}

void Storing::add(StoreOutcome outcome) {
  if (exchange_->change() != nullptr) {
    exchange_->change()->stored(outcome);
  }
  if (outcome.replaced) {
    parts_.on_deleted();  // there is a blob to reclaim
  }
  outcomes_.push_back(std::move(outcome));
}

}  // namespace tessera::dicomweb
