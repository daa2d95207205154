#include "auth/claims.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tessera::auth {

namespace {

using Kind = Json::Kind;

constexpr std::size_t kMaxSubject = 255;
constexpr std::size_t kMaxGrants = 256;       // roles, and scopes
constexpr std::size_t kMaxGrantLength = 256;  // of one of them
constexpr std::size_t kMaxName = 255;         // a longer name is cut: it is for reading
constexpr double kLatest = 253402300799.0;    // 9999-12-31, in Unix seconds

bool holds(const std::vector<std::string>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// The claim of that name, or the one at the path of members that the name is when taken apart at its dots. The whole
// name comes first, because it may be a URL.
const Json* find_claim(const Json& claims, std::string_view name) {
  const Json* found = claims.find(name);
  const std::size_t dot = name.find('.');
  if (found != nullptr || dot == name.npos) {
    return found;
  }
  const Json* outer = claims.find(name.substr(0, dot));
  return outer == nullptr ? nullptr : find_claim(*outer, name.substr(dot + 1));
}

// A NumericDate (RFC 7519 §2), a fraction allowed; false: it is there and none.
bool read_date(const Json& claims, std::string_view name, std::optional<double>& out) {
  const Json* claim = claims.find(name);
  if (claim == nullptr) {
    return true;
  }
  if (!claim->is(Kind::Number) || !std::isfinite(claim->number) || claim->number < 0 || claim->number > kLatest) {
    return false;
  }
  out = claim->number;
  return true;
}

Refusal check_times(const Json& claims, const IssuerOptions& issuer, std::int64_t now, bool must_expire,
                    Identity& out) {
  std::optional<double> expires, not_before, issued;
  if (!read_date(claims, "exp", expires) || !read_date(claims, "nbf", not_before) ||
      !read_date(claims, "iat", issued) || (must_expire && !expires)) {
    return Refusal::BadClaims;
  }
  const auto skew = static_cast<double>(issuer.clock_skew.count());
  const auto at = static_cast<double>(now);
  if (expires && at >= *expires + skew) {
    return Refusal::Expired;
  }
  if ((not_before && *not_before > at + skew) || (issued && *issued > at + skew)) {
    return Refusal::NotYet;
  }
  if (expires) {
    out.expires = static_cast<std::int64_t>(std::ceil(*expires + skew));
  }
  return Refusal::None;
}

// "aud" is a string or a list of them. `several`: more than one is named.
Refusal check_audience(const Json& claims, const IssuerOptions& issuer, bool& several) {
  const Json* audience = claims.find("aud");
  if (audience == nullptr) {
    return Refusal::Audience;
  }
  if (audience->is(Kind::String)) {
    return holds(issuer.audiences, audience->text) ? Refusal::None : Refusal::Audience;
  }
  const bool strings = audience->is(Kind::Array) && std::all_of(audience->items.begin(), audience->items.end(),
                                                                [](const Json& item) { return item.is(Kind::String); });
  if (!strings) {
    return Refusal::BadClaims;
  }
  several = audience->items.size() > 1;
  const bool ours = std::any_of(audience->items.begin(), audience->items.end(),
                                [&issuer](const Json& item) { return holds(issuer.audiences, item.text); });
  return ours ? Refusal::None : Refusal::Audience;
}

// Who asked for the token: "azp" (OIDC), "client_id" (RFC 9068), "appid" (Entra ID's first version). A token for
// several audiences must say it, and what is said must agree and be allowed.
Refusal check_client(const Json& claims, const IssuerOptions& issuer, bool several, Identity& out) {
  for (const char* name : {"azp", "client_id", "appid"}) {
    const Json* claim = claims.find(name);
    if (claim == nullptr) {
      continue;
    }
    if (!claim->is(Kind::String) || claim->text.empty() || claim->text.size() > kMaxSubject) {
      return Refusal::BadClaims;
    }
    if (!out.client.empty() && out.client != claim->text) {
      return Refusal::Client;
    }
    out.client = claim->text;
  }
  const bool needed = several || !issuer.clients.empty();
  const bool allowed = issuer.clients.empty() || holds(issuer.clients, out.client);
  return (needed && out.client.empty()) || !allowed ? Refusal::Client : Refusal::None;
}

// A list of strings, or words with spaces between them. Anything else gives nothing: rights are only added.
Refusal read_grants(const Json* claim, std::vector<std::string>& out) {
  if (claim == nullptr) {
    return Refusal::None;
  }
  const auto add = [&out](std::string_view word) {
    if (word.empty()) {
      return true;
    }
    out.emplace_back(word);
    return out.size() <= kMaxGrants && word.size() <= kMaxGrantLength;
  };
  if (claim->is(Kind::String)) {
    for (std::string_view rest = claim->text; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (!add(rest.substr(0, end))) {
        return Refusal::Roles;
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  for (const Json& item : claim->items) {
    if (item.is(Kind::String) && !add(item.text)) {
      return Refusal::Roles;
    }
  }
  return Refusal::None;
}

Refusal read_rights(const Json& claims, const IssuerOptions& issuer, Identity& out) {
  const Refusal refusal = read_grants(find_claim(claims, issuer.roles_claim), out.roles);
  if (refusal != Refusal::None) {
    return refusal;
  }
  if (!issuer.scope_claim.empty()) {
    return read_grants(find_claim(claims, issuer.scope_claim), out.scopes);
  }
  const Json* scopes = claims.find("scp");
  return read_grants(scopes != nullptr ? scopes : claims.find("scope"), out.scopes);
}

// Not from RFC 9068 alone ("at+jwt" is told by the header), because most providers write "JWT" into everything they
// sign: what only ID tokens (OIDC Core §2, nonce and hashes), logout tokens (events) and Keycloak's other tokens
// ("typ") carry is looked for.
bool is_no_access_token(const Json& claims) {
  for (const char* name : {"nonce", "at_hash", "c_hash", "s_hash", "events"}) {
    if (claims.find(name) != nullptr) {
      return true;
    }
  }
  const std::string_view type = claims.string_of("typ");
  return type == "ID" || type == "Refresh" || type == "Offline" || type == "Logout";
}

Refusal read_subject(const Json& claims, const IssuerOptions& issuer, bool may_be_client, Identity& out) {
  const Json* subject = find_claim(claims, issuer.subject_claim);
  if (subject == nullptr && may_be_client && !out.client.empty()) {
    out.subject = out.client;
    return Refusal::None;
  }
  if (subject == nullptr || !subject->is(Kind::String) || subject->text.empty() || subject->text.size() > kMaxSubject) {
    return Refusal::Subject;
  }
  out.subject = subject->text;
  return Refusal::None;
}

void read_name(const Json& claims, const IssuerOptions& issuer, Identity& out) {
  const Json* name = find_claim(claims, issuer.name_claim);
  if (name != nullptr && name->is(Kind::String)) {
    out.name = name->text;
    if (out.name.size() > kMaxName) {
      std::size_t end = kMaxName;
      while (end > 0 && (static_cast<unsigned char>(out.name[end]) & 0xC0) == 0x80) {
        --end;  // not in the middle of a character
      }
      out.name.resize(end);
    }
  }
}

// What tokens and answers have in common, once the issuer is known.
Refusal check_bearer(const Json& claims, const IssuerOptions& issuer, std::int64_t now, bool is_token, Identity& out) {
  Refusal refusal = check_times(claims, issuer, now, is_token, out);
  bool several = false;
  if (refusal == Refusal::None) {
    refusal = check_audience(claims, issuer, several);
  }
  if (refusal == Refusal::None) {
    refusal = check_client(claims, issuer, several, out);
  }
  if (refusal == Refusal::None) {
    refusal = read_subject(claims, issuer, !is_token, out);
  }
  if (refusal == Refusal::None) {
    refusal = read_rights(claims, issuer, out);
  }
  read_name(claims, issuer, out);
  out.issuer = issuer.url;
  return refusal;
}

}  // namespace

Refusal check_header(const Jwt& token, const IssuerOptions& issuer) {
  if (!issuer.algorithms.empty() && !holds(issuer.algorithms, token.algorithm->name)) {
    return Refusal::Algorithm;
  }
  const bool known = issuer.token_types.empty() ? token.type == "at+jwt" || token.type == "jwt"
                                                : holds(issuer.token_types, token.type);
  return known ? Refusal::None : Refusal::Type;
}

Refusal check_claims(const Json& claims, const IssuerOptions& issuer, std::int64_t now, Identity& out) {
  out = Identity{};
  out.proof = Proof::Jwt;
  const Json* iss = claims.find("iss");
  if (iss == nullptr || !iss->is(Kind::String) || iss->text != issuer.url) {
    return Refusal::Issuer;
  }
  if (is_no_access_token(claims)) {
    return Refusal::IdToken;
  }
  return check_bearer(claims, issuer, now, true, out);
}

Refusal check_introspection(const Json& answer, const IssuerOptions& issuer, std::int64_t now, Identity& out) {
  out = Identity{};
  out.proof = Proof::Introspection;
  const Json* active = answer.find("active");
  if (active == nullptr || !active->is(Kind::Bool)) {
    return Refusal::IntrospectionAway;  // no answer of the kind that was asked for
  }
  if (!active->flag) {
    return Refusal::Inactive;
  }
  const Json* iss = answer.find("iss");
  if (iss != nullptr && (!iss->is(Kind::String) || iss->text != issuer.url)) {
    return Refusal::Issuer;
  }
  return check_bearer(answer, issuer, now, false, out);
}

}  // namespace tessera::auth
