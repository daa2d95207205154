// IdToken: who signed in, as an ID token says (OpenID Connect Core §2), against what a sign-in asked for (§3.1.3.7).
// Not an access token: nothing is granted by it. No state.
#pragma once

#include <cstdint>
#include <string>

#include "auth/issuer_options.h"
#include "auth/jwt.h"
#include "base/result.h"

namespace tessera::auth {

struct IdToken {
  std::string subject;
  std::string name;  // for people to read, of one line; perhaps empty
};

// The claims of a token whose signature holds. Corrupt, naming the claim, when it is not for this client and sign-in.
Result<IdToken> check_id_token(const Jwt& token, const IssuerOptions& issuer, std::string_view nonce, std::int64_t now);

// Without control characters, and of at most 255 bytes.
std::string one_line(std::string_view text);

}  // namespace tessera::auth
