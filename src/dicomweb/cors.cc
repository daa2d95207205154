#include "dicomweb/cors.h"

#include <algorithm>
#include <charconv>

namespace tessera::dicomweb {

namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
// What a script may read beside the safelisted fields.
constexpr std::string_view kExposed =
    "ETag, Location, Content-Location, Content-Length, Content-Range, Accept-Ranges, Content-Disposition, Allow, "
    "Warning, Retry-After, X-Request-Id, X-Total-Count, WWW-Authenticate, erroneous-dicom-attributes, "
    "api-supported-versions";
constexpr std::string_view kAny = "*";
constexpr std::string_view kBelow = "*.";
constexpr std::size_t kMaxHeaders = 1024;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

// Labels of letters, digits and hyphens with one dot between them.
bool is_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    return text.size() > 2 && text.find_first_not_of("0123456789abcdef:.", 1) == text.size() - 1;
  }
  bool in_label = false;
  for (const char c : text) {
    if (c == '.' ? !in_label : !is_host_character(c)) {
      return false;
    }
    in_label = c != '.';
  }
  return in_label;
}

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && port >= 1 && port <= 65535;
}

// "https://" "host" ":8443"
struct Origin {
  std::string_view scheme, host, port;
};

std::optional<Origin> take_apart(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == text.npos || (text.substr(0, scheme) != "https" && text.substr(0, scheme) != "http")) {
    return std::nullopt;
  }
  Origin origin{text.substr(0, scheme + 3), text.substr(scheme + 3), {}};
  const std::size_t colon = origin.host.rfind(':');
  if (colon != text.npos && !origin.host.ends_with(']')) {
    origin.port = origin.host.substr(colon);
    origin.host = origin.host.substr(0, colon);
    if (!is_port(origin.port.substr(1))) {
      return std::nullopt;
    }
  }
  return origin;
}

// Whether `origin` is a host below the one that `pattern` names after its "*.", of the same scheme and port.
bool is_below(std::string_view pattern, std::string_view origin) {
  const auto wanted = take_apart(pattern);
  const auto asks = take_apart(origin);
  if (!wanted || !asks || !wanted->host.starts_with(kBelow) || wanted->scheme != asks->scheme ||
      wanted->port != asks->port) {
    return false;
  }
  const std::string_view end = wanted->host.substr(1);  // with its dot
  return is_host(asks->host) && asks->host.size() > end.size() && asks->host.ends_with(end);
}

bool is_token_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ',' || c == ' ';
  });
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

}  // namespace

Status check_cors_site(const CorsSite& site) {
  const auto wrong = [&site](const char* why) {
    return Status(Code::InvalidArgument, "cors: the origin '" + site.origin + "' " + why);
  };
  if (site.origin == kAny) {
    return site.credentials ? wrong("and credentials are not possible together; name the origins") : Status();
  }
  const auto origin = take_apart(site.origin);
  if (!origin) {
    return wrong("is none that a browser sends: write http or https, host and perhaps a port, and no more");
  }
  if (origin->port == (origin->scheme == "https://" ? ":443" : ":80")) {
    return wrong("has the port that browsers leave out: leave it off");
  }
  const bool below = origin->host.starts_with(kBelow);
  const std::string_view host = origin->host.substr(below ? kBelow.size() : 0);
  if (!is_host(host)) {
    return wrong("has no host as browsers write it: in small letters, digits, dots, and '*.' only in front");
  }
  if (below && host.find('.') == host.npos) {
    return wrong("would let a whole top-level domain in");
  }
  return {};
}

const CorsSite* CorsPolicy::find(std::string_view origin) const {
  if (origin.empty() || origin == "null") {
    return nullptr;
  }
  const CorsSite* found = nullptr;
  for (const CorsSite& site : options_.sites) {
    if (site.origin == origin) {
      return &site;
    }
    if (is_below(site.origin, origin) || (site.origin == kAny && found == nullptr)) {
      found = &site;
    }
  }
  return found;
}

void CorsPolicy::apply(const net::Request& request, net::Response& response) const {
  if (options_.sites.empty()) {
    response.set("Cross-Origin-Resource-Policy", "same-origin");
    return;
  }
  response.set("Cross-Origin-Resource-Policy", "cross-origin");  // the origins are told by CORS
  response.set("Vary", "Origin");
  const std::string_view origin = request.field("Origin");
  const CorsSite* site = find(origin);
  if (site == nullptr) {
    return;
  }
  response.set("Access-Control-Allow-Origin", site->origin == kAny ? "*" : std::string(origin));
  response.set("Access-Control-Expose-Headers", std::string(kExposed));
  if (site->credentials) {
    response.set("Access-Control-Allow-Credentials", "true");
  }
}

std::optional<net::Response> CorsPolicy::preflight(const net::Request& request) const {
  if (request.method != net::Method::Options || !request.has_field("Origin") ||
      !request.has_field("Access-Control-Request-Method")) {
    return std::nullopt;
  }
  net::Response response;
  response.status = 204;
  response.set("Vary",
               "Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network");
  const CorsSite* site = find(request.field("Origin"));
  if (site == nullptr) {
    return response;  // without the fields the browser refuses by itself
  }
  response.set("Access-Control-Allow-Methods", site->methods.empty() ? std::string(kMethods) : joined(site->methods));
  const std::string_view asked = request.field("Access-Control-Request-Headers");
  if (!options_.headers.empty()) {
    response.set("Access-Control-Allow-Headers", joined(options_.headers));
  } else if (!asked.empty() && asked.size() <= kMaxHeaders && is_token_list(asked)) {
    response.set("Access-Control-Allow-Headers", std::string(asked));
  }
  if (request.field("Access-Control-Request-Private-Network") == "true") {
    response.set("Access-Control-Allow-Private-Network", "true");
  }
  response.set("Access-Control-Max-Age", std::to_string(options_.max_age_seconds));
  return response;
}

}  // namespace tessera::dicomweb
