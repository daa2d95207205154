// Authenticator: from a request to an Identity, by the static bearer tokens of the configuration and the tokens of its
// issuers. The hook that other kinds of credentials join. Immutable after construction, safe from all loop threads;
// never blocks. Credentials are taken from the Authorization field only: not from the query, a form or a cookie.
//
// Tokens are held as SHA-256 and compared in constant time; the plain text is forgotten when the configuration was
// read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/identity.h"
#include "auth/verified_tokens.h"
#include "base/result.h"
#include "net/http.h"

namespace tessera::auth {

class Oidc;

struct StaticToken {
  std::string name;  // the subject
  TokenDigest digest{};
  std::string role = "reader";
};

class Authenticator {
 public:
  // Neither tokens nor issuers: everybody is anonymous, without proof. `oidc` is borrowed; null: no issuers.
  explicit Authenticator(std::vector<StaticToken> tokens, Oidc* oidc = nullptr);

  bool required() const { return !tokens_.empty() || oidc_ != nullptr; }

  // What can be told at once. Nothing: an issuer must be asked first, see ask(). Unauthenticated without a token or
  // with one that does not hold; InvalidArgument with two Authorization fields; Unavailable when an issuer is away.
  std::optional<Result<Identity>> authenticate(const net::Request& request) const;

  // Calls `then` once, later and from another thread, or at once. The request's views are not used afterwards.
  void ask(const net::Request& request, std::function<void(Result<Identity>)> then) const;

  // The WWW-Authenticate fields of a 401 or 400 (RFC 6750 §3, with authorization_uri and resource_id as the contract
  // has them), one for every issuer.
  std::vector<std::string> challenges(const net::Request& request, const Status& why) const;

 private:
  const StaticToken* find_static(std::string_view token) const;

  const std::vector<StaticToken> tokens_;
  Oidc* const oidc_;
};

}  // namespace tessera::auth
