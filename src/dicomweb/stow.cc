// POST /studies[/{study}]
//   Content-Type application/dicom: one Part 10 file; multipart/related; type="application/dicom": any number of them
//   200/202/204/409/507  as stow.h says · 413 429 over a quota · 400 not multipart, start= · 406 Accept · 415
//   Content-Type
//
// Parts are stored as they arrive, whatever their size: bytes go from the connection's buffer to a pool thread, which
// parses and writes them in place while the connection is paused or fills its next buffer.
#include "dicomweb/stow.h"

#include <algorithm>

#include "archive/partitions.h"
#include "dicomweb/errors.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "net/media_type.h"
#include "net/multipart.h"

namespace tessera::dicomweb {

namespace {

using archive::StoreOutcome;
using archive::Strictness;

constexpr std::size_t kMaxParts = 65'536;  // each has its place in the answer, which is made in memory

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

// What the body is, decided from the head.
struct BodyKind {
  bool multipart = false;
  std::string boundary;
  std::string root_type;  // for parts that name none
};

Result<BodyKind> read_content_type(const net::Request& request, Profile profile) {
  const std::string_view text = request.field("Content-Type");
  const auto type = net::parse_media_type(text);
  if (!type.ok()) {
    return Status(Code::Unsupported,
                  "store: the Content-Type is missing or malformed; send application/dicom or "
                  "multipart/related; type=\"application/dicom\"");
  }
  if (const std::string_view coding = request.field("Content-Encoding"); !coding.empty() && coding != "identity") {
    return Status(Code::Unsupported, "store: Content-Encoding '" + std::string(coding.substr(0, 40)) +
                                         "' is not taken; send the bytes as they are");
  }
  BodyKind kind;
  if (type->type == "application/dicom") {
    if (!type->parameters.empty() && profile != Profile::Standard) {
      return Status(Code::Unsupported, "store: a single part is exactly application/dicom, without parameters");
    }
    return kind;
  }
  if (type->type != "multipart/related") {
    return Status(Code::Unsupported, "store: Content-Type '" + type->type +
                                         "' is not application/dicom or "
                                         "multipart/related; type=\"application/dicom\"");
  }
  kind.multipart = true;
  kind.boundary = std::string(type->parameter("boundary"));
  kind.root_type = std::string(type->parameter("type"));
  if (kind.boundary.empty() || kind.boundary.size() > 70) {
    return Status(Code::Unsupported, "store: multipart/related needs a boundary of 1 to 70 characters");
  }
  if (!type->parameter("start").empty()) {
    return Status(Code::InvalidArgument, "store: the start parameter of multipart/related is not supported");
  }
  const auto root = net::parse_media_type(kind.root_type);
  if (!kind.root_type.empty() && !(root.ok() && root->type == "application/dicom")) {
    return Status(Code::Unsupported,
                  "store: multipart/related of type '" + kind.root_type + "'; only application/dicom is taken");
  }
  return kind;
}

// The blocking half of one request: feeds sessions, collects outcomes. Used by one pool task at a time.
class Storing final : public net::PartSink {
 public:
  Storing(const ArchiveParts& parts, ExchangePtr exchange, const BodyKind& kind, std::shared_ptr<void> place)
      : parts_(parts), exchange_(std::move(exchange)), place_(std::move(place)) {
    options_.partition = exchange_->scope.partition;
    options_.allowed = exchange_->visibility();
    if (!exchange_->partition.empty()) {
      partition_ = exchange_->partition;
      options_.enter_partition = [this] { return enter_partition(); };
    }
    options_.expected_study = exchange_->scope.study;
    options_.strictness = strictness_of(exchange_->profile);
    if (kind.multipart) {
      multipart_ = std::make_unique<net::MultipartParser>(kind.boundary, *this);
      root_type_ = kind.root_type;
    }
  }

  // Once the multipart frame is broken the rest of the body is read and ignored.
  void feed(ByteView bytes) {
    if (!broken_.ok()) {
      return;
    }
    broken_ = count(bytes.size());
    if (!broken_.ok()) {
      over_quota_ = true;
      session_.reset();
      return;
    }
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

  // The rest of the body need not come.
  bool is_over_quota() const { return over_quota_; }

  // The outcomes, or why the body as a whole is wrong (and nothing of it was stored).
  Result<std::vector<StoreOutcome>> finish() {
    if (multipart_ == nullptr) {
      begin_session();
      if (broken_.ok()) {
        end_session();
        broken_ = entered_;
      }
      if (!broken_.ok()) {
        return broken_;
      }
      return std::move(outcomes_);
    }
    if (broken_.ok()) {
      broken_ = multipart_->finish();
    }
    if (!broken_.ok()) {
      session_.reset();
      const bool any = std::any_of(outcomes_.begin(), outcomes_.end(),
                                   [](const StoreOutcome& outcome) { return outcome.status.ok(); });
      if (!any) {
        return broken_;
      }
      StoreOutcome rest;
      rest.status = broken_;
      rest.reason = archive::StoreReason::ProcessingFailure;
      add(std::move(rest));
    }
    return std::move(outcomes_);
  }

  Status on_part_begin(const net::PartHead& head) override {
    if (outcomes_.size() >= kMaxParts) {
      return Status(Code::TooLarge, "store: the request has more than " + std::to_string(kMaxParts) + " parts");
    }
    const std::string_view named = head.field("Content-Type");
    const auto type = net::parse_media_type(named.empty() ? std::string_view(root_type_) : named);
    if (!type.ok() || type->type != "application/dicom") {
      StoreOutcome outcome;
      outcome.status = Status(Code::Unsupported, "a part's Content-Type is not application/dicom");
      outcome.reason = archive::StoreReason::ProcessingFailure;
      add(std::move(outcome));
      return {};
    }
    part_bytes_ = 0;
    begin_session();
    return broken_;
  }

  Status on_part_bytes(ByteView bytes) override {
    if (session_ == nullptr) {
      return {};
    }
    part_bytes_ += bytes.size();
    const Status fits = parts_.uploads.check_instance(part_bytes_);
    if (!fits.ok()) {  // this file is lost; those after it are not
      StoreOutcome outcome = session_->so_far();
      outcome.status = fits;
      outcome.reason = archive::StoreReason::ProcessingFailure;
      add(std::move(outcome));
      session_.reset();
      return {};
    }
    session_->feed(bytes);
    return entered_;
  }

  Status on_part_end() override {
    end_session();
    return entered_;
  }

 private:
  Status count(std::size_t bytes) {
    request_bytes_ += bytes;
    RETURN_IF_ERROR(parts_.uploads.check_request(request_bytes_));
    if (multipart_ == nullptr) {
      RETURN_IF_ERROR(parts_.uploads.check_instance(request_bytes_));
    }
    return parts_.uploads.take(exchange_->caller.identity.subject, bytes);
  }

  void begin_session() {
    if (session_ != nullptr || !broken_.ok()) {
      return;
    }
    auto session = parts_.ingest.begin(options_);
    if (session.ok()) {
      session_ = std::move(*session);
    }
  }

  // Before the first instance that may be stored: its partition is there, record and all, or nothing is.
  Result<std::int64_t> enter_partition() {
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

  void end_session() {
    if (session_ != nullptr) {
      add(session_->finish());
      session_.reset();
    }
  }

  void add(StoreOutcome outcome) {
    if (exchange_->change() != nullptr) {
      exchange_->change()->stored(outcome);
    }
    outcomes_.push_back(std::move(outcome));
  }

  const ArchiveParts& parts_;
  const ExchangePtr exchange_;         // lives while something may be stored for it: what was is told to its audit
  const std::shared_ptr<void> place_;  // among the uploads under way
  archive::IngestOptions options_;
  std::string partition_;  // to be entered before the first instance; empty: none, or done
  Status entered_;         // why that failed: the request fails as a whole
  std::string root_type_;
  std::uint64_t request_bytes_ = 0;
  std::uint64_t part_bytes_ = 0;
  bool over_quota_ = false;
  std::unique_ptr<net::MultipartParser> multipart_;
  std::unique_ptr<archive::Ingest::Session> session_;
  std::vector<StoreOutcome> outcomes_;
  Status broken_;
};

// TooLarge is 413; of a day that is used up the answer says when it ends.
net::Response refuse_over_quota(const UploadQuota& quota, const Status& why) {
  net::Response response = error_response(why);
  if (why.code() == Code::NoSpace) {
    response.status = 429;
    response.set("Retry-After", std::to_string(quota.seconds_to_tomorrow()));
    response.body = std::string(why.message()) + "\n";
  }
  return response;
}

void answer(const ArchiveParts& parts, Storing& storing, Exchange& exchange) {
  const auto outcomes = storing.finish();
  if (outcomes.ok()) {
    exchange.send(store_answer(*outcomes, exchange.profile, exchange.base_url(), exchange.scope.study,
                               exchange.request.field("Host")));
  } else if (storing.is_over_quota()) {
    exchange.send(refuse_over_quota(parts.uploads, outcomes.status()));
  } else {
    exchange.fail(outcomes.status());
  }
}

net::Response refuse_for_now() {
  net::Response response;
  response.status = 429;
  response.set("Retry-After", "1");
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::string("This server takes no more uploads at once; try again in a moment.\n");
  return response;
}

// The loop's half: hands each buffer to the pool and lets the connection go on when it was taken in.
class StoreBody final : public net::BodySink {
 public:
  StoreBody(const ArchiveParts& parts, ExchangePtr exchange, const BodyKind& kind, std::shared_ptr<void> place)
      : parts_(parts),
        exchange_(std::move(exchange)),
        storing_(std::make_shared<Storing>(parts, exchange_, kind, std::move(place))) {}

  net::Flow on_start(std::shared_ptr<net::BodyControl> control) override {
    control_ = std::move(control);
    return net::Flow::Continue;
  }

  net::Flow on_bytes(ByteView bytes) override {
    parts_.writers.post([&parts = parts_, exchange = exchange_, storing = storing_, control = control_, bytes] {
      const bool before = storing->is_over_quota();
      storing->feed(bytes);
      if (storing->is_over_quota() && !before) {
        answer(parts, *storing, *exchange);  // now: the connection closes, and on_abort() follows
      }
      control->resume();
    });
    return net::Flow::Pause;
  }

  void on_end() override {
    parts_.writers.post([&parts = parts_, storing = storing_, exchange = exchange_] {
      if (!storing->is_over_quota()) {
        answer(parts, *storing, *exchange);
      }
    });
  }

  void on_abort(const Status&) override {
    // What was not complete is dropped, with its files, off the loop.
    parts_.writers.post([storing = std::move(storing_)]() mutable { storing.reset(); });
  }

 private:
  const ArchiveParts& parts_;
  const ExchangePtr exchange_;
  std::shared_ptr<Storing> storing_;
  std::shared_ptr<net::BodyControl> control_;
};

// What the head tells of the body's size, against what this caller may send.
Status check_quota(const UploadQuota& quota, const Exchange& exchange, bool multipart) {
  const auto length = static_cast<std::uint64_t>(std::max<std::int64_t>(0, exchange.request.content_length));
  RETURN_IF_ERROR(quota.check_request(length));
  if (!multipart) {
    RETURN_IF_ERROR(quota.check_instance(length));
  }
  return quota.check_day(exchange.caller.identity.subject, std::max<std::uint64_t>(length, 1));
}

Status check_accept(const Exchange& exchange) {
  if (!exchange.request.has_field("Accept") && exchange.profile != Profile::Standard) {
    return Status(Code::NotAcceptable, "store: the answer is application/dicom+json; send an Accept that takes it");
  }
  return negotiate_json(accept_text(exchange.request));
}

}  // namespace

Sink store_instances(const ArchiveParts& parts, ExchangePtr exchange) {
  Status status = check_accept(*exchange);
  if (!status.ok()) {
    exchange->fail(status);
    return nullptr;
  }
  const Result<BodyKind> kind = read_content_type(exchange->request, exchange->profile);
  if (!kind.ok()) {
    exchange->fail(kind.status());
    return nullptr;
  }
  status = check_quota(parts.uploads, *exchange, kind->multipart);
  if (!status.ok()) {
    exchange->send(refuse_over_quota(parts.uploads, status));
    return nullptr;
  }
  std::shared_ptr<void> place = parts.uploads.enter();
  if (place == nullptr) {
    exchange->send(refuse_for_now());
    return nullptr;
  }
  return std::make_unique<StoreBody>(parts, std::move(exchange), *kind, std::move(place));
}

}  // namespace tessera::dicomweb
