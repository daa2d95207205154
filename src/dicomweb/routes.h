// Every URL of the service on one screen (routes.cc), and the router that walks it: CORS preflight, profile, pattern,
// method, authorisation, UIDs, partition; only then the handler, and with it the body. Immutable after construction,
// safe from all loop threads.
#pragma once

#include <span>
#include <string_view>

#include "auth/caller.h"
#include "auth/policy_source.h"
#include "auth/tokens.h"
#include "base/log.h"
#include "dicomweb/archive_parts.h"
#include "dicomweb/cors.h"
#include "dicomweb/handlers.h"
#include "dicomweb/public_url.h"
#include "net/http.h"

namespace tessera::dicomweb {

// What "/partitions/{name}" before the pattern means, once data partitions are switched on.
enum class Partition : std::uint8_t {
  Existing,  // it must be there, and so must the partition
  Created,   // it must be there, and makes the partition where there is none
  None,      // it must not be there: the resource belongs to the whole service
};

struct Route {
  net::Method method;
  std::string_view pattern;  // below prefix and partition; {study}, {series}, {instance} are UIDs, "{*}" takes the rest
  auth::Action action;       // without one, or with several, routes.cc does not compile
  Handler handler;
  Partition partition = Partition::Existing;
};

std::span<const Route> routes();

// What a method and a path ask for, in the words of policies: for explanations. InvalidArgument when it is no resource
// of the service.
struct Asked {
  const Route* route = nullptr;
  std::string partition;  // by name; the default one where the path has none
  catalog::Scope scope;
};
Result<Asked> read_request_line(std::string_view method, std::string_view path, bool partitions_on);

class Router {
 public:
  // All borrowed.
  Router(const ArchiveParts& parts, const auth::Authenticator& authenticator, const auth::PolicySource& policies,
         const CorsPolicy& cors, const PublicUrl& public_url, Log& log);

  // Whether the path belongs to one of the profiles.
  bool owns(const net::Request& request) const;
  // For requests that it owns.
  Sink dispatch(const net::Request& request, net::Responder responder) const;

 private:
  // What the head asks for, as far as the table tells.
  struct Found;

  // Once it is known who asks: everything that can refuse before the body is read; then the handler.
  Sink admit(const Found& asked, Result<auth::Identity> identity, ExchangePtr exchange) const;
  // The caller and what the path names into the exchange.
  Status admit_caller(const Found& asked, Exchange& exchange) const;
  Sink enter(const Route& route, ExchangePtr exchange) const;

  const ArchiveParts& parts_;
  const auth::Authenticator& authenticator_;
  const auth::PolicySource& policies_;
  const CorsPolicy& cors_;
  const PublicUrl& public_url_;
  Log& log_;
};

}  // namespace tessera::dicomweb
