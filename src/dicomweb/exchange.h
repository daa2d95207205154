// Exchange: one request on its way through a handler: what was asked, by whom, and the means to answer.
//
// Made by the router, shared with the tasks a handler posts (the request's views stay valid until the answer is sent).
// Answer once, with send() or fail(), from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/audit_trail.h"
#include "auth/caller.h"
#include "base/log.h"
#include "base/pool.h"
#include "catalog/instances.h"
#include "dicomweb/audited.h"
#include "dicomweb/cors.h"
#include "dicomweb/profile.h"
#include "dicomweb/public_url.h"
#include "net/http.h"

namespace tessera::dicomweb {

// The label of a path that no route knows.
inline constexpr std::string_view kUnknownRoute = "unknown";

class Exchange {
 public:
  // `audit`: perhaps none.
  Exchange(const net::Request& asked, net::Responder responder, const CorsPolicy& cors, const PublicUrl& public_url,
           Log& log, auth::AuditTrail* audit = nullptr)
      : request(asked),
        responder_(std::move(responder)),
        cors_(cors),
        public_url_(public_url),
        log_(log),
        audit_(audit) {}
  ~Exchange();

  const net::Request& request;
  Profile profile = Profile::Standard;
  std::string_view prefix;      // "/dicom-web", "/v2", with the partition segment where there is one
  std::string_view route = "";  // the pattern, without prefix and partition: the label of metrics
  auth::Caller caller;
  catalog::Scope scope;   // partition and the UIDs of the path
  std::string partition;  // its name where the path gives one; a store makes it, all others find it in `scope`
  std::string_view tail;  // what the last '{…}' of the pattern took: frame list, bulk path

  const catalog::Visibility& visibility() const { return caller.visibility; }
  // The service's URL as the client should write it, without a trailing slash: "https://host/dicom-web".
  std::string base_url() const;

  // Something is to be changed from here on. Not ok when the audit trail cannot take it: then nothing may be.
  Status begin_change();
  // Of a change that was begun: what it did. Nothing where there is no trail.
  ChangeAudit* change() const { return change_.get(); }

  void send(net::Response response);
  void fail(const Status& status);

 private:
  void send_once_audited(net::Response response);

  net::Responder responder_;
  const CorsPolicy& cors_;
  const PublicUrl& public_url_;
  Log& log_;
  auth::AuditTrail* const audit_;
  std::unique_ptr<ChangeAudit> change_;
};

using ExchangePtr = std::shared_ptr<Exchange>;

// On a thread of the pool: `answer` sends, or fails with what is told instead.
void answer_on(Pool& pool, ExchangePtr exchange, std::function<Status()> answer);

}  // namespace tessera::dicomweb
