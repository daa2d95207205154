// Front: the first thing that sees a request: health, metrics, the page, signing in on it, and DICOMweb. Health and
// metrics need no token (they tell nothing about patients); the page's files need none either, its data does.
// Immutable, safe from all loops.
#pragma once

#include <atomic>
#include <memory>

#include "app/archive_stack.h"
#include "app/config.h"
#include "app/login_pages.h"
#include "app/metrics.h"
#include "auth/key_ring.h"
#include "auth/oidc.h"
#include "auth/policy_source.h"
#include "auth/tokens.h"
#include "base/pool.h"
#include "dicomweb/routes.h"

namespace tessera::app {

// By what it is decided who is let in.
struct Doors {
  const auth::PolicySource& policies;
  const auth::KeyRing* keys = nullptr;  // none: API keys are not taken
  const auth::Seal* seal = nullptr;     // none: nobody signs in on the page
};

class Front {
 public:
  // All but `config` are borrowed, what `doors` points to as well; no `audit`: nothing is. Asks the issuers of the
  // configuration from now on.
  Front(const Config& config, ArchiveStack& stack, const Doors& doors, Pool& readers, Pool& writers, Metrics& metrics,
        Log& log, auth::AuditTrail* audit);
  ~Front();

  std::unique_ptr<net::BodySink> dispatch(const net::Request& request, net::Responder responder) const;

  // The fields that let pages of other origins read an answer that no handler made.
  void add_cors(const net::Request& request, net::Response& response) const { cors_.apply(request, response); }

  // From now on /health/ready answers 503, so that balancers look elsewhere.
  void start_draining() { draining_.store(true); }

 private:
  void answer_health(const net::Request& request, net::Responder responder) const;
  void answer_metrics(net::Responder responder) const;

  ArchiveStack& stack_;
  Pool& readers_;
  Metrics& metrics_;
  auth::Oidc oidc_;
  const dicomweb::PublicUrl public_url_;
  const LoginPages login_pages_;
  const auth::Authenticator authenticator_;
  const dicomweb::CorsPolicy cors_;
  dicomweb::UploadQuota uploads_;
  archive::Transcoder transcoder_;
  archive::Renderer renderer_;
  Pool transcoders_;
  const dicomweb::ArchiveParts parts_;
  const dicomweb::Router router_;
  std::atomic<bool> draining_{false};
};

}  // namespace tessera::app
