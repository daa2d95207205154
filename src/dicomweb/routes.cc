#include "dicomweb/routes.h"

#include <algorithm>
#include <array>
#include <optional>

#include "catalog/partitions.h"
#include "dicom/ids.h"
#include "dicomweb/descriptions.h"
#include "dicomweb/errors.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/path_match.h"
#include "net/deferred_body.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

using auth::Action;
using net::Method;

// Tiles first: the table is walked from the top. (What "{*}" would take as well stands before it.)
constexpr std::array kRoutes = {
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/frames/{frame}/rendered", Action::Read,
          retrieve_rendered},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/frames/{frame}/thumbnail", Action::Read,
          retrieve_thumbnail},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/frames/{*}", Action::Read,
          retrieve_frames},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/bulkdata/{*}", Action::Read,
          retrieve_bulkdata},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/metadata", Action::Read,
          retrieve_metadata},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}", Action::Read, retrieve_instance},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/rendered", Action::Read,
          retrieve_rendered},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/thumbnail", Action::Read,
          retrieve_thumbnail},
    Route{Method::Get, "/studies/{study}/series/{series}/rendered", Action::Read, retrieve_rendered},
    Route{Method::Get, "/studies/{study}/series/{series}/thumbnail", Action::Read, retrieve_thumbnail},
    Route{Method::Get, "/studies/{study}/rendered", Action::Read, retrieve_rendered},
    Route{Method::Get, "/studies/{study}/thumbnail", Action::Read, retrieve_thumbnail},
    Route{Method::Get, "/studies/{study}/series/{series}/metadata", Action::Read, retrieve_metadata},
    Route{Method::Get, "/studies/{study}/series/{series}", Action::Read, retrieve_scope},
    Route{Method::Get, "/studies/{study}/metadata", Action::Read, retrieve_metadata},
    Route{Method::Get, "/studies/{study}", Action::Read, retrieve_scope},

    Route{Method::Get, "/studies", Action::Read, search_studies},
    Route{Method::Get, "/series", Action::Read, search_series},
    Route{Method::Get, "/instances", Action::Read, search_instances},
    Route{Method::Get, "/studies/{study}/series", Action::Read, search_series},
    Route{Method::Get, "/studies/{study}/instances", Action::Read, search_instances},
    Route{Method::Get, "/studies/{study}/series/{series}/instances", Action::Read, search_instances},

    Route{Method::Post, "/studies", Action::Write, store_instances, Partition::Created},
    Route{Method::Post, "/studies/{study}", Action::Write, store_instances, Partition::Created},

    Route{Method::Put, "/studies", Action::Write, store_instances, Partition::Created},
    Route{Method::Put, "/studies/{study}", Action::Write, store_instances, Partition::Created},

    Route{Method::Delete, "/studies/{study}", Action::Delete, delete_scope},
    Route{Method::Delete, "/studies/{study}/series/{series}", Action::Delete, delete_scope},
    Route{Method::Delete, "/studies/{study}/series/{series}/instances/{instance}", Action::Delete, delete_scope},

    Route{Method::Get, "/partitions", Action::Read, list_partitions, Partition::None},
    Route{Method::Get, "/changefeed", Action::Read, read_feed, Partition::None},
    Route{Method::Get, "/changefeed/latest", Action::Read, read_latest_change, Partition::None},
    Route{Method::Get, "/api.yaml", Action::Read, describe_api, Partition::None},
};

// A route without a rule is no route: an action that is left out is 0, which is none.
static_assert(std::all_of(kRoutes.begin(), kRoutes.end(), [](const Route& route) {
  return auth::is_action(route.action) && route.pattern.starts_with('/');
}));

struct Match {
  const Route* route = nullptr;
  Captures captures;
  std::string allowed;  // when the path is known and the method is not: "GET, HEAD, DELETE"
};

Match find_route(Method method, std::string_view path, bool partitioned) {
  const Method wanted = method == Method::Head ? Method::Get : method;
  Match found;
  for (const Route& route : kRoutes) {
    Captures captures;
    if ((partitioned && route.partition == Partition::None) || !match_pattern(route.pattern, path, captures)) {
      continue;
    }
    if (route.method == wanted) {
      found.route = &route;
      found.captures = captures;
      return found;
    }
    found.allowed += found.allowed.empty() ? "" : ", ";
    found.allowed += net::method_name(route.method);
    found.allowed += route.method == Method::Get ? ", HEAD" : "";
  }
  return found;
}

Status check_uid(std::string_view uid, const char* what) {
  if (uid.empty() || dicom::is_valid_uid(uid)) {
    return {};
  }
  return Status(Code::InvalidArgument, std::string("the path's ") + what + " '" + std::string(uid.substr(0, 80)) +
                                           "' is no UID: digits and dots, at most 64 characters");
}

// The path's UIDs into the scope; a percent-encoded UID is decoded first.
Status read_scope(const Captures& captures, catalog::Scope& scope) {
  const struct {
    std::string_view raw;
    const char* what;
    std::string& out;
  } parts[] = {{captures.study, "study", scope.study},
               {captures.series, "series", scope.series},
               {captures.instance, "instance", scope.sop}};
  for (const auto& part : parts) {
    if (part.raw.find('%') == std::string_view::npos) {
      part.out = part.raw;
    } else {
      TRY_ASSIGN(part.out, net::percent_decode(part.raw));
    }
    RETURN_IF_ERROR(check_uid(part.out, part.what));
  }
  return {};
}

// The path's partition, if it, or the lack of one, fits the route and the configuration; empty where there is none.
Result<std::string> named_partition(const Route& route, const ServicePath& path, bool partitions_on) {
  if (!path.partition) {
    if (partitions_on && route.partition != Partition::None) {
      return Status(
          Code::InvalidArgument,
          "PartitionName value is missing in the route segment: this service has data partitions, so the path "
          "must begin with " +
              std::string(path.prefix) + "/partitions/{name}");
    }
    return std::string();
  }
  if (!partitions_on) {
    return partitions_are_off();
  }
  TRY_ASSIGN(std::string name, net::percent_decode(*path.partition));
  RETURN_IF_ERROR(catalog::check_partition_name(name));
  return name;
}

// The contract refuses what might end up in a page as markup, wherever the query has it (service-api §0).
bool holds_markup(std::string_view query) {
  return query.find('<') != query.npos || query.find("%3C") != query.npos || query.find("%3c") != query.npos;
}

// In its own words, which name no file: they say what whoever uploads may tell whoever runs the server.
net::Response refuse_upload(const Status& space) {
  net::Response response = error_response(space);
  response.body = std::string(space.message()) + "\n";
  return response;
}

// 401 and 400 say how to do better, 503 when.
net::Response refuse_caller(const auth::Authenticator& authenticator, const net::Request& request, const Status& why) {
  net::Response response = error_response(why);
  if (why.code() == Code::Unavailable) {
    response.set("Retry-After", "5");
    return response;
  }
  for (std::string& challenge : authenticator.challenges(request, why)) {
    response.set("WWW-Authenticate", std::move(challenge));
  }
  return response;
}

net::Response not_allowed(const net::Request& request, const std::string& allowed) {
  net::Response response;
  const bool asked = request.method == Method::Options;
  response.status = asked ? 204 : 405;
  response.set("Allow", allowed + ", OPTIONS");
  if (!asked) {
    response.set("Content-Type", "text/plain; charset=utf-8");
    response.body = std::string(request.method_text) + " is not possible here; this resource knows " + allowed + ".\n";
  }
  return response;
}

// PS3.18 §8.9: of the service itself always; of a resource where the Accept names it, else the methods are enough.
bool wants_description(const net::Request& request, std::string_view rest, const std::string& allowed) {
  if (rest.empty() || rest == "/") {
    return true;
  }
  return !allowed.empty() && accept_text(request).find(kWadl) != std::string::npos;
}

net::Response capabilities(const Exchange& exchange, const ServicePath& path, bool partitions_on) {
  net::Response response;
  response.set("Content-Type", std::string(kWadl));
  response.set("Cache-Control", "no-store");
  const bool whole = path.rest.empty() || path.rest == "/";
  // Paths of the description begin at the service; so does its base, whatever partition was asked.
  std::string base = exchange.base_url();
  if (path.partition) {
    base.resize(base.rfind("/partitions/"));
  }
  response.body = wadl(base, partitions_on, whole ? std::string_view() : path.rest);
  return response;
}

}  // namespace

struct Router::Found {
  ServicePath path;
  Match found;
};

std::span<const Route> routes() {
  return kRoutes;
}

Result<Asked> read_request_line(std::string_view method, std::string_view path, bool partitions_on) {
  const std::optional<ServicePath> split = split_service_path(path.substr(0, path.find('?')));
  const auto known = std::find_if(kRoutes.begin(), kRoutes.end(), [method](const Route& route) {
    return net::method_name(route.method) == method || (method == "HEAD" && route.method == Method::Get);
  });
  if (!split || known == kRoutes.end()) {
    return Status(Code::InvalidArgument, "'" + std::string(method) + " " + std::string(path) +
                                             "' is no request to this service: METHOD /v2/…, /v1/… or /dicom-web/…");
  }
  const Match found = find_route(known->method, split->rest, split->partition.has_value());
  if (found.route == nullptr) {
    return Status(Code::InvalidArgument,
                  "there is no route for '" + std::string(method) + " " + std::string(path) + "'");
  }
  Asked asked{found.route, {}, {}};
  if (found.route->partition != Partition::None) {
    TRY_ASSIGN(asked.partition, named_partition(*found.route, *split, partitions_on));
    asked.partition = asked.partition.empty() ? std::string(catalog::kDefaultPartitionName) : asked.partition;
  }
  RETURN_IF_ERROR(read_scope(found.captures, asked.scope));
  return asked;
}

Router::Router(const ArchiveParts& parts, const auth::Authenticator& authenticator, const auth::PolicySource& policies,
               const CorsPolicy& cors, const PublicUrl& public_url, Log& log)
    : parts_(parts),
      authenticator_(authenticator),
      policies_(policies),
      cors_(cors),
      public_url_(public_url),
      log_(log) {}

bool Router::owns(const net::Request& request) const {
  return split_service_path(request.path).has_value();
}

Sink Router::dispatch(const net::Request& request, net::Responder responder) const {
  auto exchange = std::make_shared<Exchange>(request, std::move(responder), cors_, public_url_, log_, parts_.audit);
  if (std::optional<net::Response> preflight = cors_.preflight(request)) {
    exchange->route = "preflight";
    exchange->send(std::move(*preflight));
    return nullptr;
  }
  const ServicePath path = *split_service_path(request.path);
  const Found asked{path, find_route(request.method, path.rest, path.partition.has_value())};
  const Match& found = asked.found;
  exchange->profile = path.profile;
  exchange->prefix = path.prefix;
  if (request.method == Method::Options && wants_description(request, path.rest, found.allowed)) {
    exchange->route = "capabilities";
    exchange->send(capabilities(*exchange, path, parts_.partitions_on));
    return nullptr;
  }
  if (found.route == nullptr && !found.allowed.empty()) {
    exchange->route = "method";
    exchange->send(not_allowed(request, found.allowed));
    return nullptr;
  }
  exchange->route = found.route != nullptr ? found.route->pattern : kUnknownRoute;
  if (std::optional<Result<auth::Identity>> identity = authenticator_.authenticate(request)) {
    return admit(asked, std::move(*identity), std::move(exchange));
  }
  // An issuer is asked first; the body waits meanwhile.
  auto decision = std::make_shared<net::DeferredBody::Decision>();
  authenticator_.ask(request, [this, asked, exchange, decision](Result<auth::Identity> identity) {
    decision->decide(admit(asked, std::move(identity), exchange));
  });
  return request.has_body ? std::make_unique<net::DeferredBody>(std::move(decision)) : nullptr;
}

// The partition by its name, before it is looked for: one that is not there and one that is not granted are told in the
// same words and the same time.
Status Router::admit_caller(const Found& asked, Exchange& exchange) const {
  const auto& [path, found] = asked;
  auth::Caller& caller = exchange.caller;
  TRY_ASSIGN(exchange.partition, named_partition(*found.route, path, parts_.partitions_on));
  const Action action = found.route->action;
  if (found.route->partition == Partition::None) {
    RETURN_IF_ERROR(auth::admit_to_service(caller.identity, *caller.policy, action));
  } else {
    const std::string_view name = exchange.partition.empty() ? catalog::kDefaultPartitionName : exchange.partition;
    TRY_ASSIGN(caller.visibility, auth::admit(caller.identity, *caller.policy, action, name));
  }
  return read_scope(found.captures, exchange.scope);
}

Sink Router::admit(const Found& asked, Result<auth::Identity> identity, ExchangePtr exchange) const {
  const auto& [path, found] = asked;
  const net::Request& request = exchange->request;
  exchange->caller.policy = policies_.current();  // the one policy of this request, whatever is loaded meanwhile
  // Where something is granted to anyone, a credential is asked for only once that is not enough.
  const Status unknown = identity.status();
  if (!unknown.ok() && !authenticator_.presented(request) && exchange->caller.policy->admits_anyone()) {
    identity = auth::Identity{};
  }
  if (!identity.ok()) {
    exchange->send(refuse_caller(authenticator_, request, unknown));
    return nullptr;
  }
  exchange->caller.identity = std::move(*identity);  // first: who is refused is told to the audit as well
  if (path.profile != Profile::Standard && holds_markup(request.query)) {
    exchange->fail(Status(Code::InvalidArgument, "the query string holds '<', which this API never takes"));
    return nullptr;
  }
  if (found.route == nullptr) {
    exchange->fail(Status(Code::NotFound, "there is no resource at this path"));
    return nullptr;
  }
  exchange->tail = found.captures.tail;
  const bool proven = exchange->caller.identity.proof != auth::Proof::None;
  const Status status = admit_caller(asked, *exchange);
  if (status.code() == Code::PermissionDenied && !unknown.ok()) {
    exchange->send(refuse_caller(authenticator_, request, unknown));
    return nullptr;
  }
  if (!status.ok()) {
    net::Response response = error_response(status);
    if (status.code() == Code::PermissionDenied && proven) {
      response.set("WWW-Authenticate", auth::Authenticator::insufficient());
    }
    exchange->send(std::move(response));
    return nullptr;
  }
  if (found.route->action == Action::Write) {
    // Before the body: a client that waits for 100 Continue sends none of it.
    const Status space = parts_.free_space.check();
    if (!space.ok()) {
      exchange->send(refuse_upload(space));
      return nullptr;
    }
  }
  if (found.route->action != Action::Read) {
    const Status audited = exchange->begin_change();
    if (!audited.ok()) {
      exchange->fail(audited);
      return nullptr;
    }
  }
  return enter(*found.route, std::move(exchange));
}

// Names that were used before are in memory: a tile in a partition costs no SQL. A store looks its own up, on the
// thread that will write.
Sink Router::enter(const Route& route, ExchangePtr exchange) const {
  if (exchange->partition.empty() || route.partition == Partition::Created) {
    return route.handler(parts_, std::move(exchange));
  }
  if (const auto key = parts_.partitions.cached(exchange->partition)) {
    exchange->scope.partition = *key;
    return route.handler(parts_, std::move(exchange));
  }
  parts_.readers.post([&parts = parts_, handler = route.handler, exchange] {
    const Result<std::int64_t> key = parts.partitions.find(exchange->partition);
    if (!key.ok()) {
      const bool unknown = key.status().code() == Code::NotFound;  // the contract's 400: the service is asked wrongly
      exchange->fail(unknown ? Status(Code::InvalidArgument, std::string(key.status().message())) : key.status());
      return;
    }
    exchange->scope.partition = *key;
    (void)handler(parts, exchange);
  });
  return nullptr;
}

}  // namespace tessera::dicomweb
