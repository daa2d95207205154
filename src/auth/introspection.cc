#include "auth/introspection.h"

#include <algorithm>

#include "auth/claims.h"
#include "auth/client_form.h"
#include "auth/jwt.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kMaxAnswer = 64 * 1024;
constexpr JsonLimits kAnswerLimits{16, 2048};

bool is_alphanumeric(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_bearer_token(std::string_view text) {
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return !text.empty() && text.size() <= kMaxToken && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

Refusal introspect(const IssuerOptions& issuer, const std::string& endpoint, std::string_view token, const Fetch& fetch,
                   std::chrono::milliseconds timeout, std::int64_t now, Identity& out) {
  net::ClientRequest request;
  request.url = endpoint;
  request.fields = {{"Accept", "application/json"},
                    {"Authorization", basic_credentials(issuer.introspection_client, issuer.introspection_secret)}};
  request.form = "token=" + form_encode(token) + "&token_type_hint=access_token";
  request.ca_file = issuer.ca_file;
  request.timeout = timeout;
  request.max_answer = kMaxAnswer;
  const auto answer = fetch(request);
  if (!answer.ok() || answer->status != 200) {
    return Refusal::IntrospectionAway;
  }
  const auto json = parse_json(answer->body, kAnswerLimits);
  if (!json.ok() || !json->is(Json::Kind::Object)) {
    return Refusal::IntrospectionAway;
  }
  return check_introspection(*json, issuer, now, out);
}

}  // namespace tessera::auth
