#include "auth/tokens.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <strings.h>

namespace tessera::auth {

namespace {

constexpr std::string_view kScheme = "Bearer ";

// The token of `Authorization: Bearer …`; empty when there is none.
std::string_view bearer_token(const net::Request& request) {
  std::string_view field = request.field("Authorization");
  if (field.size() < kScheme.size() || strncasecmp(field.data(), kScheme.data(), kScheme.size()) != 0) {
    return {};
  }
  field.remove_prefix(kScheme.size());
  while (field.starts_with(' ')) {
    field.remove_prefix(1);
  }
  return field;
}

}  // namespace

TokenDigest digest_of(std::string_view token) {
  TokenDigest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

Result<Identity> Authenticator::authenticate(const net::Request& request) const {
  if (!required()) {
    return Identity{};
  }
  const std::string_view token = bearer_token(request);
  if (token.empty()) {
    return Status(Code::Unauthenticated, "this server wants a bearer token");
  }
  const TokenDigest digest = digest_of(token);
  const StaticToken* found = nullptr;
  for (const StaticToken& known : tokens_) {
    // All are compared, so that the time does not tell which came near.
    if (CRYPTO_memcmp(known.digest.data(), digest.data(), digest.size()) == 0) {
      found = &known;
    }
  }
  if (found == nullptr) {
    return Status(Code::Unauthenticated, "the bearer token is not known here");
  }
  return Identity{.proof = Proof::Token, .issuer = "", .subject = found->name, .roles = {found->role}, .scopes = {}};
}

std::string Authenticator::challenge(const net::Request& request) const {
  std::string text = "Bearer realm=\"tessera\"";
  if (!bearer_token(request).empty()) {
    text += ", error=\"invalid_token\"";
  }
  return text;
}

}  // namespace tessera::auth
