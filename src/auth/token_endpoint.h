// The token endpoint of an issuer, and the one that takes tokens back (RFC 6749 §3.2, RFC 7009). Blocks: called on a
// pool's thread. The client is told by HTTP Basic, or, without a secret, by its id alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "auth/discovery.h"
#include "auth/issuer_options.h"
#include "base/result.h"

namespace tessera::auth {

struct GrantedTokens {
  std::string access_token;
  std::string refresh_token;     // empty: there is none, and the sign-in cannot be renewed
  std::string id_token;          // likewise
  std::int64_t expires_in = -1;  // seconds; below zero: not said
};

class TokenEndpoint {
 public:
  // Borrows the options.
  TokenEndpoint(const IssuerOptions& issuer, Fetch fetch, std::chrono::milliseconds timeout)
      : issuer_(issuer), fetch_(std::move(fetch)), timeout_(timeout) {}

  // Unauthenticated when the issuer refuses, Unavailable when it does not answer, Corrupt when its answer is none or it
  // does not know this server. The sentence holds nothing of the tokens.
  Result<GrantedTokens> exchange(const Discovery& discovery, std::string_view code, std::string_view redirect_uri,
                                 std::string_view verifier) const;
  Result<GrantedTokens> refresh(const Discovery& discovery, std::string_view refresh_token) const;
  // Ok where there is no such endpoint, too.
  Status revoke(const Discovery& discovery, std::string_view token) const;

 private:
  Result<net::ClientAnswer> post(const std::string& url, std::string form) const;
  Result<GrantedTokens> ask(const Discovery& discovery, std::string form) const;

  const IssuerOptions& issuer_;
  const Fetch fetch_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace tessera::auth
