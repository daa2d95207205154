// IssuerOptions: one identity provider whose tokens are taken, and what must hold for them. From the configuration
// ([[auth.issuers]]); constant afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace tessera::auth {

struct IssuerOptions {
  std::string url;                       // the issuer identifier: what "iss" holds, to the letter
  std::vector<std::string> audiences;    // the names this server goes by there: "aud" must hold one
  std::vector<std::string> clients;      // the only clients whose tokens are taken; none: any
  std::vector<std::string> algorithms;   // none: all of kJwsAlgorithms
  std::vector<std::string> token_types;  // in lower case; none: "at+jwt" and "jwt"
  std::string roles_claim = "roles";     // a member, or a path of members joined by dots
  std::string scope_claim;               // none: "scp" or "scope"
  std::string subject_claim = "sub";
  std::string name_claim = "name";
  std::chrono::seconds clock_skew{60};      // added to exp, and to now where nbf and iat are looked at
  std::chrono::seconds jwks_refresh{3600};  // keys are asked for anew at least so often
  std::string ca_file;                      // PEM; empty: the system's certificates

  // What asks about opaque tokens (RFC 7662); no client_id: nobody does, and they are refused.
  std::string introspection_client;
  std::string introspection_secret;

  // Signing in on the page (login.h); no client_id: not with this issuer.
  std::string login_client;
  std::string login_secret;  // empty: a public client, which PKCE alone protects
  std::string login_scope = "openid profile offline_access";
  std::string login_resource;  // RFC 8707: what the access token is to be for; empty: as the issuer has it

  bool introspects() const { return !introspection_client.empty(); }
  bool signs_in() const { return !login_client.empty(); }
};

// Whether the URL may be asked: https, or http to this machine itself. `what` begins the error: "auth.issuers url".
Status check_issuer_url(std::string_view what, std::string_view url);

// What must hold within one issuer and among all; InvalidArgument names the key.
Status check_issuers(const std::vector<IssuerOptions>& issuers);

}  // namespace tessera::auth
