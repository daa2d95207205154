// Jwt: a bearer token taken apart (RFC 7515 compact serialization, RFC 7519), before anything of it is believed. All
// that can be refused without a key is refused here. A plain value; the text is borrowed.
#pragma once

#include <string>
#include <string_view>

#include "auth/json.h"
#include "auth/jws_algorithm.h"
#include "auth/refusal.h"

namespace tessera::auth {

inline constexpr std::size_t kMaxToken = 16 * 1024;

struct Jwt {
  std::string_view text;
  const JwsAlgorithm* algorithm = nullptr;
  bool has_kid = false;
  std::string kid;
  std::string type;  // the header's "typ" in lower case, without "application/"; "jwt" where there is none
  std::size_t signature_bytes = 0;
  Json claims;
};

// Whether the text has the two dots of a signed token; others are opaque (or encrypted, which read_jwt says).
bool looks_like_jwt(std::string_view text);

// What the header says about keys (jku, jwk, x5u, x5c) is never looked at.
Refusal read_jwt(std::string_view text, Jwt& out);

}  // namespace tessera::auth
