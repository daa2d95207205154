#include "auth/id_token.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>

namespace tessera::auth {

namespace {

using Kind = Json::Kind;

constexpr std::size_t kMaxSubject = 255;
constexpr std::size_t kMaxLine = 255;

Status wrong(std::string_view claim) {
  return Status(Code::Corrupt, "the ID token's '" + std::string(claim) + "' is not what was asked for");
}

// Our client alone, or among others and then as the party it was made for.
Status check_audience(const Json& claims, const std::string& client) {
  const Json* audience = claims.find("aud");
  if (audience == nullptr) {
    return wrong("aud");
  }
  const bool listed = std::any_of(audience->items.begin(), audience->items.end(),
                                  [&client](const Json& item) { return item.is(Kind::String) && item.text == client; });
  const bool alone = audience->is(Kind::String) && audience->text == client;
  if (!alone && !(audience->is(Kind::Array) && listed)) {
    return wrong("aud");
  }
  const Json* party = claims.find("azp");
  const bool several = audience->items.size() > 1;
  if ((several && party == nullptr) || (party != nullptr && !(party->is(Kind::String) && party->text == client))) {
    return wrong("azp");
  }
  return {};
}

Status check_times(const Json& claims, const IssuerOptions& issuer, std::int64_t now) {
  const Json* expires = claims.find("exp");
  const Json* issued = claims.find("iat");
  const auto skew = static_cast<double>(issuer.clock_skew.count());
  const auto at = static_cast<double>(now);
  if (expires == nullptr || !expires->is(Kind::Number) || !std::isfinite(expires->number) ||
      at >= expires->number + skew) {
    return wrong("exp");
  }
  if (issued == nullptr || !issued->is(Kind::Number) || !(issued->number <= at + skew)) {
    return wrong("iat");
  }
  return {};
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out(text);
  if (out.size() > kMaxLine) {
    std::size_t end = kMaxLine;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) {
      --end;  // not in the middle of a character
    }
    out.resize(end);
  }
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, ' ');
  return out;
}

Result<IdToken> check_id_token(const Jwt& token, const IssuerOptions& issuer, std::string_view nonce,
                               std::int64_t now) {
  const Json& claims = token.claims;
  const auto& allowed = issuer.algorithms;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), token.algorithm->name) == allowed.end()) {
    return Status(Code::Corrupt, "the ID token is signed by an algorithm that is not allowed here");
  }
  if (token.type != "jwt") {
    return Status(Code::Corrupt, "what came as ID token is a token of another type");
  }
  if (claims.string_of("iss") != issuer.url) {
    return wrong("iss");
  }
  RETURN_IF_ERROR(check_audience(claims, issuer.login_client));
  RETURN_IF_ERROR(check_times(claims, issuer, now));
  const std::string_view sent = claims.string_of("nonce");
  if (sent.size() != nonce.size() || CRYPTO_memcmp(sent.data(), nonce.data(), nonce.size()) != 0) {
    return wrong("nonce");
  }
  IdToken out;
  out.subject = claims.string_of("sub");
  if (out.subject.empty() || out.subject.size() > kMaxSubject) {
    return wrong("sub");
  }
  const Json* name = claims.find(issuer.name_claim);
  out.name = one_line(name != nullptr && name->is(Kind::String) ? name->text : claims.string_of("preferred_username"));
  return out;
}

}  // namespace tessera::auth
