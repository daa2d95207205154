// POST, PUT /studies[/{study}]; PUT replaces instances that are there
//   Content-Type application/dicom: one Part 10 file; multipart/related; type="application/dicom": any number of them
//   200/202/204/409/507  as stow.h says · 413 429 over a quota · 400 not multipart, start=, a digest that does not
//   hold · 406 Accept · 415 Content-Type
//
// Parts are stored as they arrive, whatever their size: bytes go from the connection's buffer to a pool thread, which
// parses and writes them in place while the connection is paused or fills its next buffer.
#include "dicomweb/stow.h"

#include <algorithm>

#include "dicomweb/errors.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/storing.h"
#include "dicomweb/stow_content.h"

namespace tessera::dicomweb {

namespace {

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
  StoreBody(const ArchiveParts& parts, ExchangePtr exchange, std::shared_ptr<Storing> storing)
      : parts_(parts), exchange_(std::move(exchange)), storing_(std::move(storing)) {}

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
  auto digest = net::ContentDigest::of([&exchange](const char* name) { return exchange->request.field(name); });
  if (!digest.ok()) {
    exchange->fail(digest.status());
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
  auto storing = std::make_shared<Storing>(parts, exchange, *kind, std::move(*digest), std::move(place));
  return std::make_unique<StoreBody>(parts, std::move(exchange), std::move(storing));
}

}  // namespace tessera::dicomweb
