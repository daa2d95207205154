// CORS (Fetch §3.2): which other origins' pages may use this server, decided once, applied to every answer and error.
// A preflight is answered without credentials, because browsers send none. Immutable, safe from all loop threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace tessera::dicomweb {

struct CorsOptions {
  std::vector<std::string> origins;  // "https://viewer.example"; "*" for any; none: only pages of this server itself
  std::uint32_t max_age_seconds = 7200;
  bool allow_credentials = false;  // never together with "*"
};

class CorsPolicy {
 public:
  explicit CorsPolicy(CorsOptions options) : options_(std::move(options)) {}

  // Adds the fields that let the page of request's Origin read this answer.
  void apply(const net::Request& request, net::Response& response) const;

  // The answer to a preflight; nothing when the request is none.
  std::optional<net::Response> preflight(const net::Request& request) const;

 private:
  bool allows(std::string_view origin) const;

  const CorsOptions options_;
};

}  // namespace tessera::dicomweb
