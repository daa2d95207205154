#include "dicomweb/cors.h"

#include <algorithm>

namespace tessera::dicomweb {

namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
// What a script may read beside the safelisted fields.
constexpr std::string_view kExposed =
    "ETag, Location, Content-Location, Content-Length, Content-Range, Warning, X-Request-Id, WWW-Authenticate, "
    "erroneous-dicom-attributes, api-supported-versions, Accept-Ranges";

bool is_token_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ',' || c == ' ';
  });
}

}  // namespace

bool CorsPolicy::allows(std::string_view origin) const {
  return std::any_of(options_.origins.begin(), options_.origins.end(),
                     [origin](const std::string& allowed) { return allowed == "*" || allowed == origin; });
}

void CorsPolicy::apply(const net::Request& request, net::Response& response) const {
  if (options_.origins.empty()) {
    response.set("Cross-Origin-Resource-Policy", "same-origin");
    return;
  }
  response.set("Cross-Origin-Resource-Policy", "cross-origin");  // the origins are told by CORS
  response.set("Vary", "Origin");
  const std::string_view origin = request.field("Origin");
  if (origin.empty() || !allows(origin)) {
    return;
  }
  const bool any = std::find(options_.origins.begin(), options_.origins.end(), "*") != options_.origins.end();
  response.set("Access-Control-Allow-Origin", any && !options_.allow_credentials ? "*" : std::string(origin));
  response.set("Access-Control-Expose-Headers", std::string(kExposed));
  if (options_.allow_credentials && !any) {
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
  if (!allows(request.field("Origin"))) {
    return response;  // without the fields the browser refuses by itself
  }
  response.set("Access-Control-Allow-Methods", std::string(kMethods));
  const std::string_view asked = request.field("Access-Control-Request-Headers");
  if (!asked.empty() && asked.size() <= 1024 && is_token_list(asked)) {
    response.set("Access-Control-Allow-Headers", std::string(asked));
  }
  response.set("Access-Control-Max-Age", std::to_string(options_.max_age_seconds));
  return response;
}

}  // namespace tessera::dicomweb
