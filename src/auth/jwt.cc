#include "auth/jwt.h"

#include <algorithm>
#include <optional>

#include "auth/base64url.h"

namespace tessera::auth {

namespace {

constexpr JsonLimits kHeaderLimits{4, 64};
constexpr JsonLimits kClaimsLimits{16, 2048};
constexpr std::size_t kMaxKid = 512;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// RFC 7515 §4.1.9: "application/" may be left off a media type without another '/'.
std::string media_type(std::string_view text) {
  std::string type = lower(text);
  constexpr std::string_view kApplication = "application/";
  if (type.starts_with(kApplication)) {
    type.erase(0, kApplication.size());
  }
  return type;
}

Refusal read_header(const Json& header, Jwt& out) {
  if (header.find("crit") != nullptr || header.find("b64") != nullptr) {
    return Refusal::Critical;
  }
  const Json* algorithm = header.find("alg");
  if (algorithm == nullptr || !algorithm->is(Json::Kind::String)) {
    return Refusal::BadHeader;
  }
  out.algorithm = find_algorithm(algorithm->text);
  if (out.algorithm == nullptr) {
    return Refusal::Algorithm;
  }
  for (const char* name : {"typ", "cty", "kid"}) {
    const Json* member = header.find(name);
    if (member != nullptr && !member->is(Json::Kind::String)) {
      return Refusal::BadHeader;
    }
  }
  if (media_type(header.string_of("cty")) == "jwt") {
    return Refusal::Nested;
  }
  out.type = header.find("typ") != nullptr ? media_type(header.string_of("typ")) : "jwt";
  out.has_kid = header.find("kid") != nullptr;
  out.kid = header.string_of("kid");
  return out.kid.size() <= kMaxKid ? Refusal::None : Refusal::BadHeader;
}

}  // namespace

bool looks_like_jwt(std::string_view text) {
  const auto dots = std::count(text.begin(), text.end(), '.');
  return dots == 2 || dots == 4;
}

Refusal read_jwt(std::string_view text, Jwt& out) {
  if (text.size() > kMaxToken) {
    return Refusal::TooLong;
  }
  const auto dots = std::count(text.begin(), text.end(), '.');
  if (dots != 2) {
    return dots == 4 ? Refusal::Encrypted : Refusal::Malformed;
  }
  const std::size_t first = text.find('.');
  const std::size_t second = text.find('.', first + 1);
  const auto header = base64url_decode(text.substr(0, first));
  const auto payload = base64url_decode(text.substr(first + 1, second - first - 1));
  const auto signature = base64url_decode(text.substr(second + 1));
  if (!header || !payload || !signature) {
    return Refusal::Malformed;
  }
  out = Jwt();
  out.text = text;
  out.signature_bytes = signature->size();
  const auto members = parse_json(*header, kHeaderLimits);
  if (!members.ok() || !members->is(Json::Kind::Object)) {
    return Refusal::BadHeader;
  }
  const Refusal refusal = read_header(*members, out);
  if (refusal != Refusal::None) {
    return refusal;
  }
  auto claims = parse_json(*payload, kClaimsLimits);
  if (!claims.ok() || !claims->is(Json::Kind::Object)) {
    return Refusal::BadClaims;
  }
  out.claims = std::move(*claims);
  return Refusal::None;
}

}  // namespace tessera::auth
