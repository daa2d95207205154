// Introspection: asks an issuer about an opaque token (RFC 7662). Blocks: called on Oidc's pool.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "auth/discovery.h"
#include "auth/identity.h"
#include "auth/issuer_options.h"
#include "auth/refusal.h"

namespace tessera::auth {

// Whether the text can be a bearer token at all (RFC 6750 §2.1, b64token), and is short enough.
bool is_bearer_token(std::string_view text);

// The client is told by HTTP Basic (RFC 6749 §2.3.1). IntrospectionAway when the endpoint does not answer as it should.
Refusal introspect(const IssuerOptions& issuer, const std::string& endpoint, std::string_view token, const Fetch& fetch,
                   std::chrono::milliseconds timeout, std::int64_t now, Identity& out);

}  // namespace tessera::auth
