// Discovery: what an issuer says about itself (OpenID Connect Discovery 1.0 §4), and its key set. Asked with bounds on
// time and size; redirects are not followed. Used by Issuer's thread and by the doctor; blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "auth/issuer_options.h"
#include "auth/jwks.h"
#include "net/client.h"

namespace tessera::auth {

// Sends a request with a form as POST, others as GET. Tests put an issuer of their own here; a real one is http_fetch.
using Fetch = std::function<Result<net::ClientAnswer>(const net::ClientRequest&)>;
Result<net::ClientAnswer> http_fetch(const net::ClientRequest& request);

struct Discovery {
  std::string jwks_uri;
  std::string authorization_endpoint;  // empty where there is none
  std::string introspection_endpoint;  // likewise, as all below
  std::string token_endpoint;
  std::string end_session_endpoint;
  std::string revocation_endpoint;
  bool sends_iss = false;  // an authorization response names its issuer (RFC 9207)
  std::int64_t date = 0;   // of the answer, in Unix seconds; 0: not said
};

// Corrupt when the answer is no discovery document of that issuer, Unavailable when none is had.
Result<Discovery> fetch_discovery(const IssuerOptions& issuer, const Fetch& fetch, std::chrono::milliseconds timeout);

struct FetchedKeys {
  std::shared_ptr<const KeySet> keys;
  std::chrono::seconds max_age{-1};  // what Cache-Control says; below zero: nothing
};
Result<FetchedKeys> fetch_keys(const IssuerOptions& issuer, const std::string& jwks_uri, const Fetch& fetch,
                               std::chrono::milliseconds timeout);

// The max-age of a Cache-Control field in seconds, 0 for no-store and no-cache, below zero when it says nothing.
std::chrono::seconds max_age_of(std::string_view cache_control);

}  // namespace tessera::auth
