// Authenticator: from a request to an Identity, by the static bearer tokens of the configuration. The hook that other
// kinds of credentials join. Immutable after construction, safe from all loop threads; never blocks.
//
// Tokens are held as SHA-256 and compared in constant time; the plain text is forgotten when the configuration was
// read.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "auth/identity.h"
#include "base/result.h"
#include "net/http.h"

namespace tessera::auth {

using TokenDigest = std::array<unsigned char, 32>;
TokenDigest digest_of(std::string_view token);

struct StaticToken {
  std::string name;  // the subject
  TokenDigest digest{};
  std::string role = "reader";
};

class Authenticator {
 public:
  // No token configured: everybody is anonymous, without proof.
  explicit Authenticator(std::vector<StaticToken> tokens) : tokens_(std::move(tokens)) {}

  bool required() const { return !tokens_.empty(); }

  // Unauthenticated without a token, or with one that is not known.
  Result<Identity> authenticate(const net::Request& request) const;

  // The WWW-Authenticate of a 401 (RFC 6750 §3).
  std::string challenge(const net::Request& request) const;

 private:
  const std::vector<StaticToken> tokens_;
};

}  // namespace tessera::auth
