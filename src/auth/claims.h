// Claims: what a token, or an introspection answer, says about its bearer, against what its issuer's options ask
// (RFC 7519 §4.1, RFC 9068 §4, RFC 8725 §3.8 to 3.12). No state.
#pragma once

#include <cstdint>

#include "auth/identity.h"
#include "auth/issuer_options.h"
#include "auth/json.h"
#include "auth/jwt.h"
#include "auth/refusal.h"

namespace tessera::auth {

// What needs no key: the algorithm and the type that the header names.
Refusal check_header(const Jwt& token, const IssuerOptions& issuer);

// The claims of a token whose signature holds. `now` in Unix seconds.
Refusal check_claims(const Json& claims, const IssuerOptions& issuer, std::int64_t now, Identity& out);

// The answer of an introspection endpoint (RFC 7662 §2.2): "iss" and "exp" may be missing, and so may the subject of a
// client that asked for itself: then it is the client's id.
Refusal check_introspection(const Json& answer, const IssuerOptions& issuer, std::int64_t now, Identity& out);

}  // namespace tessera::auth
