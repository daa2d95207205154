#include "dicomweb/routes.h"

#include <array>
#include <optional>

#include "dicom/ids.h"
#include "dicomweb/errors.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

using auth::Action;
using net::Method;

// Tiles first: the table is walked from the top.
constexpr std::array kRoutes = {
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/frames/{*}", Action::Read,
          retrieve_frames},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/bulkdata/{*}", Action::Read,
          retrieve_bulkdata},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}/metadata", Action::Read,
          retrieve_metadata},
    Route{Method::Get, "/studies/{study}/series/{series}/instances/{instance}", Action::Read, retrieve_instance},
    Route{Method::Get, "/studies/{study}/series/{series}/metadata", Action::Read, retrieve_metadata},
    Route{Method::Get, "/studies/{study}/metadata", Action::Read, retrieve_metadata},

    Route{Method::Get, "/studies", Action::Read, search_studies},
    Route{Method::Get, "/series", Action::Read, search_series},
    Route{Method::Get, "/instances", Action::Read, search_instances},
    Route{Method::Get, "/studies/{study}/series", Action::Read, search_series},
    Route{Method::Get, "/studies/{study}/instances", Action::Read, search_instances},
    Route{Method::Get, "/studies/{study}/series/{series}/instances", Action::Read, search_instances},

    Route{Method::Post, "/studies", Action::Write, store_instances},
    Route{Method::Post, "/studies/{study}", Action::Write, store_instances},

    Route{Method::Delete, "/studies/{study}", Action::Delete, delete_scope},
    Route{Method::Delete, "/studies/{study}/series/{series}", Action::Delete, delete_scope},
    Route{Method::Delete, "/studies/{study}/series/{series}/instances/{instance}", Action::Delete, delete_scope},
};

struct Prefix {
  std::string_view text;
  Profile profile;
};
constexpr std::array kPrefixes = {
    Prefix{"/dicom-web", Profile::Standard},
    Prefix{"/v1", Profile::V1},
    Prefix{"/v2", Profile::V2},
};

const Prefix* find_prefix(std::string_view path) {
  for (const Prefix& prefix : kPrefixes) {
    if (path.starts_with(prefix.text) && (path.size() == prefix.text.size() || path[prefix.text.size()] == '/')) {
      return &prefix;
    }
  }
  return nullptr;
}

// What the path's captures are, by the names in the pattern.
struct Captures {
  std::string_view study, series, instance, tail;
};

// One segment off the front of `path`, without its slash.
std::string_view cut_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool match(std::string_view pattern, std::string_view path, Captures& out) {
  while (!pattern.empty()) {
    if (path.empty()) {
      return false;
    }
    const std::string_view wanted = cut_segment(pattern);
    if (wanted == "{*}") {
      out.tail = path.substr(1);
      return !out.tail.empty();
    }
    const std::string_view found = cut_segment(path);
    if (wanted == "{study}") {
      out.study = found;
    } else if (wanted == "{series}") {
      out.series = found;
    } else if (wanted == "{instance}") {
      out.instance = found;
    } else if (wanted != found) {
      return false;
    }
    if (found.empty()) {
      return false;
    }
  }
  return path.empty();
}

struct Match {
  const Route* route = nullptr;
  Captures captures;
  std::string allowed;  // when the path is known and the method is not: "GET, HEAD, DELETE"
};

Match find_route(Method method, std::string_view path) {
  const Method wanted = method == Method::Head ? Method::Get : method;
  Match found;
  for (const Route& route : kRoutes) {
    Captures captures;
    if (!match(route.pattern, path, captures)) {
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

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

Router::Router(const ArchiveParts& parts, const auth::Authenticator& authenticator, const CorsPolicy& cors,
               const PublicUrl& public_url, Log& log)
    : parts_(parts), authenticator_(authenticator), cors_(cors), public_url_(public_url), log_(log) {}

bool Router::owns(const net::Request& request) const {
  return find_prefix(request.path) != nullptr;
}

Sink Router::dispatch(const net::Request& request, net::Responder responder) const {
  auto exchange = std::make_shared<Exchange>(request, std::move(responder), cors_, public_url_, log_);
  if (std::optional<net::Response> preflight = cors_.preflight(request)) {
    exchange->route = "preflight";
    exchange->send(std::move(*preflight));
    return nullptr;
  }
  const Prefix* prefix = find_prefix(request.path);
  exchange->profile = prefix->profile;
  exchange->prefix = prefix->text;
  std::string_view path = request.path.substr(prefix->text.size());
  if (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (path.starts_with("/partitions/")) {
    exchange->fail(Status(Code::InvalidArgument, "data partitions are not switched on"));
    return nullptr;
  }
  const Match found = find_route(request.method, path);
  if (found.route == nullptr && !found.allowed.empty()) {
    exchange->route = "method";
    exchange->send(not_allowed(request, found.allowed));
    return nullptr;
  }
  Result<auth::Caller> caller = authenticator_.authenticate(request);
  if (!caller.ok()) {
    exchange->route = found.route != nullptr ? found.route->pattern : "unknown";
    net::Response response = error_response(caller.status());
    response.set("WWW-Authenticate", authenticator_.challenge(request));
    exchange->send(std::move(response));
    return nullptr;
  }
  if (found.route == nullptr) {
    exchange->route = "unknown";
    exchange->fail(Status(Code::NotFound, "there is no resource at this path"));
    return nullptr;
  }
  exchange->route = found.route->pattern;
  exchange->caller = std::move(*caller);
  exchange->tail = found.captures.tail;
  Status status = auth::authorize(exchange->caller, found.route->action);
  if (status.ok()) {
    status = read_scope(found.captures, exchange->scope);
  }
  if (!status.ok()) {
    exchange->fail(status);
    return nullptr;
  }
  return found.route->handler(parts_, std::move(exchange));
}

}  // namespace tessera::dicomweb
