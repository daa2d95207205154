// Login: signing in on the page by the authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636, RFC 9700), done by
// the server: the browser carries a code and sealed cookies, and never a token. Used by the pages of /auth.
//
// Holds no sign-in: what must be remembered between begin() and finish() is sealed into a cookie. Safe from all
// threads. begin() and end_session() answer from memory; finish(), renew() and revoke() ask the issuer and block.
//
// Failures, in sentences for whoever signs in, without anything of a token: InvalidArgument when the browser comes with
// what this server did not give it, PermissionDenied and Unauthenticated when the issuer or this server does not let
// them in, Unavailable when the issuer does not answer, Corrupt when its answer, or the configuration, is wrong.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "auth/identity.h"
#include "auth/issuer.h"
#include "auth/seal.h"
#include "auth/session.h"
#include "auth/token_endpoint.h"

namespace tessera::auth {

class Login {
 public:
  static constexpr std::int64_t kSeconds = 600;  // from begin() to finish()
  static constexpr std::string_view kPurpose = "login";
  static constexpr std::string_view kCallback = "/auth/callback";

  // Whether this server takes the access token, and whose it is; blocks.
  using Judge = std::function<Result<Identity>(std::string_view access_token)>;

  // All references are borrowed.
  Login(Issuer& issuer, Fetch fetch, Judge judge, const Seal& seal, const Clock& clock)
      : issuer_(issuer),
        endpoint_(issuer.options(), std::move(fetch), issuer.ask_timeout()),
        judge_(std::move(judge)),
        seal_(seal),
        clock_(clock) {}

  const std::string& issuer() const { return issuer_.options().url; }

  // `to`: the path, query and fragment of this server to come back to; `base`: this server's URL.
  struct Begun {
    std::string location;  // at the issuer
    std::string sealed;    // for finish()
  };
  Result<Begun> begin(std::string_view to, std::string_view base) const;

  struct Finished {
    Session session;
    Identity identity;
    std::string to;
  };
  // `query`: of the callback, as it came.
  Result<Finished> finish(std::string_view query, std::string_view sealed) const;

  // Unauthenticated: it is over.
  Result<Session> renew(const Session& session) const;

  Status revoke(const Session& session) const;
  // Where the browser signs out at the issuer itself; empty where it has no such page. Holds no token: the issuer asks.
  std::string end_session(std::string_view base) const;

 private:
  struct Pending;
  Result<std::shared_ptr<const Discovery>> discovery() const;
  Result<Finished> take(const GrantedTokens& tokens, const Pending& pending) const;
  Status verify(const Jwt& id_token) const;
  Result<Identity> judge(std::string_view access_token) const;
  std::int64_t access_until(const GrantedTokens& tokens, const Identity& identity) const;
  std::int64_t now_seconds() const { return clock_.wall_millis() / 1000; }

  Issuer& issuer_;
  const TokenEndpoint endpoint_;
  const Judge judge_;
  const Seal& seal_;
  const Clock& clock_;
};

// Whether a browser may be sent there after it signed in: a path of this very server, never another place.
bool is_local_path(std::string_view to);

}  // namespace tessera::auth
