#include "auth/token_endpoint.h"

#include <strings.h>

#include <algorithm>
#include <cmath>

#include "auth/client_form.h"
#include "auth/introspection.h"
#include "auth/json.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kMaxAnswer = 64 * 1024;
constexpr std::size_t kMaxRefreshToken = 8 * 1024;
constexpr std::size_t kMaxError = 40;
constexpr JsonLimits kLimits{8, 512};
constexpr double kLongest = 365.0 * 24 * 3600;

// The error code of RFC 6749 §5.2, when it looks like one.
std::string error_code(const Json& answer) {
  const std::string_view code = answer.string_of("error");
  const bool plain = code.size() <= kMaxError &&
                     std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return plain && !code.empty() ? " (" + std::string(code) + ")" : "";
}

Status refused(const net::ClientAnswer& answer) {
  const auto json = parse_json(answer.body, kLimits);
  const std::string code = json.ok() ? error_code(*json) : "";
  if (answer.status == 401 || code == " (invalid_client)" || code == " (unauthorized_client)") {
    return Status(Code::Corrupt, "the identity provider does not take this server's client_id and secret" + code);
  }
  if (answer.status >= 400 && answer.status < 500 && answer.status != 429) {
    return Status(Code::Unauthenticated, "the identity provider refused" + code);
  }
  return Status(Code::Unavailable, "the identity provider answered " + std::to_string(answer.status));
}

// VSCHAR of RFC 6749 appendix A.17.
bool is_refresh_token(std::string_view text) {
  return text.size() <= kMaxRefreshToken &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

Result<GrantedTokens> read_tokens(std::string_view body) {
  const auto json = parse_json(body, kLimits);
  if (!json.ok() || !json->is(Json::Kind::Object)) {
    return Status(Code::Corrupt, "the identity provider's answer is no JSON object");
  }
  const std::string type(json->string_of("token_type"));
  GrantedTokens out;
  out.access_token = json->string_of("access_token");
  out.refresh_token = json->string_of("refresh_token");
  out.id_token = json->string_of("id_token");
  if (strcasecmp(type.c_str(), "bearer") != 0 || !is_bearer_token(out.access_token)) {
    return Status(Code::Corrupt, "the identity provider's answer has no bearer token");
  }
  if (!is_refresh_token(out.refresh_token)) {
    return Status(Code::Corrupt, "the identity provider's refresh token is longer than " +
                                     std::to_string(kMaxRefreshToken) + " characters, or has some that none may have");
  }
  const Json* expires = json->find("expires_in");
  if (expires != nullptr && expires->is(Json::Kind::Number) && std::isfinite(expires->number) && expires->number >= 0) {
    out.expires_in = static_cast<std::int64_t>(std::min(expires->number, kLongest));
  }
  return out;
}

}  // namespace

Result<net::ClientAnswer> TokenEndpoint::post(const std::string& url, std::string form) const {
  net::ClientRequest request;
  request.url = url;
  request.fields = {{"Accept", "application/json"}};
  if (issuer_.login_secret.empty()) {
    form += "&client_id=" + form_encode(issuer_.login_client);
  } else {
    request.fields.emplace_back("Authorization", basic_credentials(issuer_.login_client, issuer_.login_secret));
  }
  request.form = std::move(form);
  request.ca_file = issuer_.ca_file;
  request.timeout = timeout_;
  request.max_answer = kMaxAnswer;
  auto answer = fetch_(request);
  if (!answer.ok()) {  // which names the URL, and libcurl's reason: for the log, not for whoever signs in
    return answer.status().code() == Code::TooLarge
               ? Status(Code::Corrupt, "the identity provider's answer is too long")
               : Status(Code::Unavailable, "the identity provider does not answer");
  }
  return answer;
}

Result<GrantedTokens> TokenEndpoint::ask(const Discovery& discovery, std::string form) const {
  if (!issuer_.login_resource.empty()) {
    form += "&resource=" + form_encode(issuer_.login_resource);
  }
  TRY_ASSIGN(const net::ClientAnswer answer, post(discovery.token_endpoint, std::move(form)));
  return answer.status == 200 ? read_tokens(answer.body) : Result<GrantedTokens>(refused(answer));
}

Result<GrantedTokens> TokenEndpoint::exchange(const Discovery& discovery, std::string_view code,
                                              std::string_view redirect_uri, std::string_view verifier) const {
  return ask(discovery, "grant_type=authorization_code&code=" + form_encode(code) +
                            "&redirect_uri=" + form_encode(redirect_uri) + "&code_verifier=" + form_encode(verifier));
}

Result<GrantedTokens> TokenEndpoint::refresh(const Discovery& discovery, std::string_view refresh_token) const {
  return ask(discovery, "grant_type=refresh_token&refresh_token=" + form_encode(refresh_token));
}

Status TokenEndpoint::revoke(const Discovery& discovery, std::string_view token) const {
  if (discovery.revocation_endpoint.empty() || token.empty()) {
    return {};
  }
  TRY_ASSIGN(const net::ClientAnswer answer,
             post(discovery.revocation_endpoint, "token=" + form_encode(token) + "&token_type_hint=refresh_token"));
  return answer.status == 200 ? Status() : refused(answer);
}

}  // namespace tessera::auth
