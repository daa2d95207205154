// A token that is sound in everything, as a test changes one thing of it, and what this server says of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "auth/claims.h"
#include "auth/jwks.h"
#include "auth/jwt.h"
#include "support/signed_token.h"

namespace tessera::auth::test {

using tessera::test::SigningKey;

inline constexpr std::int64_t kNow = 1'700'000'000;
inline constexpr const char* kUrl = "https://issuer.example";

inline const SigningKey& rsa_key() {
  static const SigningKey key = SigningKey::rsa();
  return key;
}
inline const SigningKey& ec_key(const std::string& curve = "P-256") {
  static std::map<std::string, SigningKey> keys;
  return keys.try_emplace(curve, SigningKey::ec(curve.c_str())).first->second;
}

inline IssuerOptions options() {
  IssuerOptions out;
  out.url = kUrl;
  out.audiences = {"tessera"};
  return out;
}

// The claims of a sound token, members replaced or added by `with` (an empty text leaves one out).
inline std::string claims(const std::map<std::string, std::string>& with = {}) {
  std::map<std::string, std::string> members = {{"iss", "\"https://issuer.example\""},
                                                {"aud", "\"tessera\""},
                                                {"sub", "\"alice\""},
                                                {"exp", std::to_string(kNow + 300)},
                                                {"iat", std::to_string(kNow)}};
  for (const auto& [name, value] : with) {
    members[name] = value;
  }
  std::string out = "{";
  for (const auto& [name, value] : members) {
    if (!value.empty()) {
      out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
  }
  return out + "}";
}

inline std::string header(std::string_view algorithm, std::string_view more = R"(,"typ":"at+jwt","kid":"a")") {
  return R"({"alg":")" + std::string(algorithm) + "\"" + std::string(more) + "}";
}

struct Judged {
  Refusal refusal = Refusal::None;
  Identity identity;
};

// All that is done with a token, as Oidc does it, but for the choice of the issuer.
inline Judged judge(const std::string& token, const std::string& key_set, const IssuerOptions& issuer = options()) {
  Judged out;
  Jwt jwt;
  out.refusal = read_jwt(token, jwt);
  if (out.refusal == Refusal::None) {
    out.refusal = check_header(jwt, issuer);
  }
  if (out.refusal == Refusal::None) {
    out.refusal = KeySet::parse(key_set).value()->verify(jwt);
  }
  if (out.refusal == Refusal::None) {
    out.refusal = check_claims(jwt.claims, issuer, kNow, out.identity);
  }
  return out;
}

// A token by the EC key with these claims; the signature always holds.
inline Judged judge_claims(const std::string& text, const IssuerOptions& issuer = options()) {
  return judge(ec_key().sign("ES256", header("ES256"), text), ec_key().key_set(), issuer);
}

inline Refusal refusal_of(const std::string& token) {
  return judge(token, ec_key().key_set()).refusal;
}

inline std::string es256(std::string_view head, const std::string& text = claims()) {
  return ec_key().sign("ES256", head, text);
}

}  // namespace tessera::auth::test
