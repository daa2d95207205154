#include "auth/refusal.h"

#include <array>
#include <string>

namespace tessera::auth {

namespace {

struct Row {
  std::string_view name;
  Code code;
  std::string_view sentence;
};

constexpr Code k401 = Code::Unauthenticated;
constexpr Code k503 = Code::Unavailable;
// In the enumeration's order.
constexpr std::array<Row, kRefusals> kRows = {{
    {"accepted", Code::Ok, ""},
    {"too_long", k401, "the bearer token is longer than 16384 characters"},
    {"malformed", k401, "the bearer token is neither three base64url parts nor one this server can look up"},
    {"encrypted", k401, "the bearer token is encrypted (JWE); this server takes signed ones"},
    {"bad_header", k401, "the header of the bearer token is no JSON object with each member once, or lacks 'alg'"},
    {"critical", k401, "the header of the bearer token has critical extensions, and this server knows none"},
    {"nested", k401, "the bearer token holds another token; this server takes plain ones"},
    {"algorithm", k401, "the bearer token is signed by an algorithm that is not allowed here"},
    {"type", k401, "the 'typ' of the bearer token is not one of an access token"},
    {"bad_claims", k401, "the claims of the bearer token are no JSON object with each member once and of its kind"},
    {"issuer_unknown", k401, "the issuer of the bearer token is not trusted here"},
    {"key_unknown", k401, "the bearer token names a key that its issuer does not publish"},
    {"key_mismatch", k401, "the key that the bearer token names is not for its algorithm"},
    {"signature", k401, "the signature of the bearer token does not hold"},
    {"issuer", k401, "the bearer token is of another issuer than the one that vouches for it"},
    {"audience", k401, "the bearer token is not meant for this server"},
    {"client", k401, "the bearer token was given to a client that is not allowed here"},
    {"expired", k401, "the bearer token has expired"},
    {"not_yet", k401, "the bearer token is not valid yet"},
    {"subject", k401, "the bearer token has no subject of 1 to 255 characters"},
    {"id_token", k401, "the bearer token is not an access token (it looks like an ID, refresh or logout token)"},
    {"roles", k401, "the bearer token has more roles or scopes than are taken"},
    {"inactive", k401, "the bearer token is not active"},
    {"keys_away", k503, "the keys of the bearer token's issuer cannot be had now"},
    {"introspection_away", k503, "the issuer cannot be asked about the bearer token now"},
    {"overload", k503, "too many bearer tokens wait to be checked"},
}};

}  // namespace

std::string_view refusal_name(Refusal refusal) {
  return kRows[static_cast<std::size_t>(refusal)].name;
}

Status refusal_status(Refusal refusal) {
  const Row& row = kRows[static_cast<std::size_t>(refusal)];
  return row.code == Code::Ok ? Status() : Status(row.code, std::string(row.sentence));
}

}  // namespace tessera::auth
