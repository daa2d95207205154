#include "auth/tokens.h"

#include <openssl/crypto.h>
#include <strings.h>

#include <algorithm>

#include "auth/api_key.h"
#include "auth/key_ring.h"
#include "auth/oidc.h"
#include "auth/sessions.h"
#include "net/field_text.h"

namespace tessera::auth {

namespace {

constexpr std::string_view kScheme = "Bearer ";
constexpr std::string_view kField = "Authorization";

// The token of `Authorization: Bearer …`; empty when there is none.
std::string_view bearer_token(const net::Request& request) {
  std::string_view field = request.field(kField);
  if (field.size() < kScheme.size() || strncasecmp(field.data(), kScheme.data(), kScheme.size()) != 0) {
    return {};
  }
  field.remove_prefix(kScheme.size());
  while (field.starts_with(' ')) {
    field.remove_prefix(1);
  }
  return field;
}

bool has_two_credentials(const net::Request& request) {
  return std::count_if(request.fields.begin(), request.fields.end(),
                       [](const auto& field) { return net::same_word(field.first, kField); }) > 1;
}

}  // namespace

Authenticator::Authenticator(std::vector<StaticToken> tokens, const KeyRing* keys, Oidc* oidc, const Sessions* sessions)
    : tokens_(std::move(tokens)),
      keys_(keys),
      oidc_(oidc != nullptr && oidc->has_issuers() ? oidc : nullptr),
      sessions_(oidc_ != nullptr ? sessions : nullptr) {}

Authenticator::Credential Authenticator::credential(const net::Request& request) const {
  if (sessions_ == nullptr || request.has_field(kField)) {
    return {nullptr, bearer_token(request)};
  }
  SessionPtr session = sessions_->find(request);
  const std::string_view token = session != nullptr ? std::string_view(session->access_token) : std::string_view();
  return {std::move(session), token};
}

bool Authenticator::presented(const net::Request& request) const {
  return request.has_field(kField) || credential(request).session != nullptr;
}

const StaticToken* Authenticator::find_static(std::string_view token) const {
  if (tokens_.empty()) {
    return nullptr;
  }
  const TokenDigest digest = digest_of(token);
  const StaticToken* found = nullptr;
  for (const StaticToken& known : tokens_) {
    // All are compared, so that the time does not tell which came near.
    if (CRYPTO_memcmp(known.digest.data(), digest.data(), digest.size()) == 0) {
      found = &known;
    }
  }
  return found;
}

std::optional<Result<Identity>> Authenticator::authenticate(const net::Request& request) const {
  if (!required()) {
    return Result<Identity>(Identity{});
  }
  if (has_two_credentials(request)) {
    return Result<Identity>(Status(Code::InvalidArgument, "the request has more than one Authorization field"));
  }
  const auto [session, token] = credential(request);
  if (token.empty()) {
    return Result<Identity>(Status(Code::Unauthenticated, "this server wants a bearer token"));
  }
  if (session != nullptr) {
    return oidc_->known(token);  // an issuer gave it, and nothing else is what it could be
  }
  if (keys_ != nullptr && token.starts_with(kApiKeyPrefix)) {
    return keys_->authenticate(token);
  }
  if (const StaticToken* found = find_static(token)) {
    Identity identity;
    identity.proof = Proof::Token;
    identity.subject = found->name;
    identity.roles = {found->role};
    return Result<Identity>(std::move(identity));
  }
  if (oidc_ != nullptr) {
    return oidc_->known(token);
  }
  return Result<Identity>(Status(Code::Unauthenticated, "the bearer token is not known here"));
}

void Authenticator::ask(const net::Request& request, std::function<void(Result<Identity>)> then) const {
  const auto [session, token] = credential(request);
  if (token.empty()) {  // its cookie's time was over just now
    then(Status(Code::Unauthenticated, "this server wants a bearer token"));
    return;
  }
  oidc_->ask(token, std::move(then));
}

std::vector<std::string> Authenticator::challenges(const net::Request& request, const Status& why) const {
  std::string error;
  if (why.code() == Code::InvalidArgument) {
    error = ", error=\"invalid_request\", error_description=\"" + std::string(why.message()) + "\"";
  } else if (!credential(request).token.empty()) {
    // The sentences are this room's own and hold neither quotes nor anything of the token.
    error = ", error=\"invalid_token\", error_description=\"" + std::string(why.message()) + "\"";
  }
  if (oidc_ == nullptr) {
    return {"Bearer realm=\"tessera\"" + error};
  }
  std::vector<std::string> out;
  for (const auto& issuer : oidc_->issuers()) {
    const auto discovery = issuer->snapshot().discovery;
    const bool known = discovery != nullptr && !discovery->authorization_endpoint.empty();
    out.push_back("Bearer authorization_uri=\"" + (known ? discovery->authorization_endpoint : issuer->options().url) +
                  "\", resource_id=\"" + issuer->options().audiences.front() + "\", realm=\"tessera\"" + error);
  }
  return out;
}

}  // namespace tessera::auth
