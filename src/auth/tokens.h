// Authenticator: from a request to an Identity, by the static bearer tokens of the configuration, the API keys of the
// catalog and the tokens of the issuers. Safe from all loop threads; never blocks. Credentials are taken from the
// Authorization field, or, where people sign in on the page, from its cookie (sessions.h: only with the browser's word
// that this server's own page asks); the field counts where both are there. Never from the query or a form.
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
#include "auth/session.h"
#include "auth/token_digest.h"
#include "base/result.h"
#include "net/http.h"

namespace tessera::auth {

class KeyRing;
class Oidc;
class Sessions;

struct StaticToken {
  std::string name;  // the subject
  TokenDigest digest{};
  std::string role = "reader";
};

class Authenticator {
 public:
  // Neither tokens nor keys nor issuers: everybody is anonymous, without proof. `keys`, `oidc` and `sessions` are
  // borrowed; null: they are not taken.
  explicit Authenticator(std::vector<StaticToken> tokens, const KeyRing* keys = nullptr, Oidc* oidc = nullptr,
                         const Sessions* sessions = nullptr);

  bool required() const { return !tokens_.empty() || keys_ != nullptr || oidc_ != nullptr; }
  // Whether the request brings any credential, good or bad.
  bool presented(const net::Request& request) const;

  // What can be told at once. Nothing: an issuer must be asked first, see ask(). Unauthenticated without a token or
  // with one that does not hold; InvalidArgument with two Authorization fields; Unavailable when an issuer is away.
  std::optional<Result<Identity>> authenticate(const net::Request& request) const;

  // Calls `then` once, later and from another thread, or at once. The request's views are not used afterwards.
  void ask(const net::Request& request, std::function<void(Result<Identity>)> then) const;

  // The WWW-Authenticate fields of a 401 or 400 (RFC 6750 §3, with authorization_uri and resource_id as the contract
  // has them), one for every issuer.
  std::vector<std::string> challenges(const net::Request& request, const Status& why) const;
  // That of a 403: the credential holds, and is not enough.
  static std::string insufficient() { return "Bearer realm=\"tessera\", error=\"insufficient_scope\""; }

 private:
  // The token that the request brings, empty when there is none; the session, where there is one, keeps its text.
  struct Credential {
    SessionPtr session;
    std::string_view token;
  };
  Credential credential(const net::Request& request) const;
  const StaticToken* find_static(std::string_view token) const;

  const std::vector<StaticToken> tokens_;
  const KeyRing* const keys_;
  Oidc* const oidc_;
  const Sessions* const sessions_;
};

}  // namespace tessera::auth
