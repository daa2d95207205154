// CORS (Fetch §3.2): which other origins' pages may use this server, decided once, applied to every answer and error.
// A preflight is answered without credentials, because browsers send none. Immutable, safe from all loop threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "net/http.h"

namespace tessera::dicomweb {

// One origin, or several, and what their pages may do.
struct CorsSite {
  std::string origin;                // "https://viewer.example:8443"; "https://*.lab.example": any host below; "*": any
  std::vector<std::string> methods;  // none: all that the service knows
  bool credentials = false;          // cookies and the like; never with "*"
};

struct CorsOptions {
  std::vector<CorsSite> sites;       // none: only pages of this server itself
  std::vector<std::string> headers;  // of requests; none: whatever is asked for
  std::uint32_t max_age_seconds = 7200;
};

// Ok for what a CorsSite may name: InvalidArgument for a path, a wildcard elsewhere, capitals, "null", and for
// credentials with "*".
Status check_cors_site(const CorsSite& site);

class CorsPolicy {
 public:
  explicit CorsPolicy(CorsOptions options) : options_(std::move(options)) {}

  // Adds the fields that let the page of request's Origin read this answer.
  void apply(const net::Request& request, net::Response& response) const;

  // The answer to a preflight; nothing when the request is none.
  std::optional<net::Response> preflight(const net::Request& request) const;

 private:
  // The most exact one; nothing when the origin may not.
  const CorsSite* find(std::string_view origin) const;

  const CorsOptions options_;
};

}  // namespace tessera::dicomweb
