#include "auth/issuer_options.h"

#include <algorithm>
#include <utility>

#include "auth/jws_algorithm.h"
#include "base/result.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kMaxIssuers = 16;  // each has a thread of its own
constexpr std::size_t kMaxUrl = 2048;

Status bad(const std::string& url, std::string_view key, std::string_view rule) {
  return Status(Code::InvalidArgument,
                "configuration: auth.issuers '" + url + "': " + std::string(key) + " " + std::string(rule));
}

bool is_loopback(std::string_view host) {
  // Digits and dots only: 127.0.0.1.evil.example begins the same way.
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

Status check_issuer(const IssuerOptions& issuer) {
  RETURN_IF_ERROR(check_issuer_url("configuration: auth.issuers: url", issuer.url));
  if (issuer.url.find_first_of("?#") != std::string::npos) {
    return bad(issuer.url, "url", "must have neither query nor fragment");
  }
  if (issuer.audiences.empty()) {
    return bad(issuer.url, "audiences", "must name at least one audience: a token for anybody is a token for nobody");
  }
  for (const std::string& name : issuer.algorithms) {
    if (find_algorithm(name) == nullptr) {
      return bad(issuer.url, "algorithms", "may hold RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and ES512");
    }
  }
  if (issuer.clock_skew < std::chrono::seconds(0) || issuer.clock_skew > std::chrono::seconds(300)) {
    return bad(issuer.url, "clock_skew_seconds", "must be a whole number from 0 to 300");
  }
  if (issuer.jwks_refresh < std::chrono::seconds(60) || issuer.jwks_refresh > std::chrono::seconds(86400)) {
    return bad(issuer.url, "jwks_refresh_seconds", "must be a whole number from 60 to 86400");
  }
  for (const auto& [key, claim] :
       {std::pair{"roles_claim", issuer.roles_claim}, std::pair{"subject_claim", issuer.subject_claim},
        std::pair{"name_claim", issuer.name_claim}}) {
    if (claim.empty()) {
      return bad(issuer.url, key, "must name a claim");
    }
  }
  const std::string scopes = " " + issuer.login_scope + " ";
  if (issuer.signs_in() && scopes.find(" openid ") == std::string::npos) {
    return bad(issuer.url, "login scope", "must hold the word openid: without it there is no ID token");
  }
  return {};
}

}  // namespace

Status check_issuer_url(std::string_view what, std::string_view url) {
  const std::string shown(url.substr(0, 200));
  const bool clean = url.size() <= kMaxUrl && std::all_of(url.begin(), url.end(), [](char c) {
                       return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '@';
                     });
  if (clean && url.starts_with("https://") && url.size() > 8 && url[8] != '/') {
    return {};
  }
  constexpr std::string_view kCleartext = "http://";
  if (clean && url.starts_with(kCleartext)) {
    std::string_view host = url.substr(kCleartext.size());
    host = host.substr(0, host.find_first_of("/?#"));
    host = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
    if (is_loopback(host)) {
      return {};
    }
  }
  return Status(Code::InvalidArgument,
                std::string(what) + " '" + shown + "' must be an https:// URL (http:// only to this machine itself)");
}

Status check_issuers(const std::vector<IssuerOptions>& issuers) {
  if (issuers.size() > kMaxIssuers) {
    return Status(Code::InvalidArgument,
                  "configuration: auth.issuers: there may be up to " + std::to_string(kMaxIssuers));
  }
  std::string introspecting, signing_in;
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    RETURN_IF_ERROR(check_issuer(issuers[i]));
    for (std::size_t j = 0; j < i; ++j) {
      if (issuers[j].url == issuers[i].url) {
        return bad(issuers[i].url, "url", "occurs twice");
      }
    }
    if (issuers[i].introspects() && !introspecting.empty()) {
      return bad(issuers[i].url, "introspection",
                 "is possible for one issuer only, because an opaque token does not say whose it is ('" +
                     introspecting + "' has it already)");
    }
    introspecting = issuers[i].introspects() ? issuers[i].url : introspecting;
    if (issuers[i].signs_in() && !signing_in.empty()) {
      return bad(issuers[i].url, "login",
                 "is possible with one issuer only, and the page signs in with '" + signing_in + "' already");
    }
    signing_in = issuers[i].signs_in() ? issuers[i].url : signing_in;
  }
  return {};
}

}  // namespace tessera::auth
