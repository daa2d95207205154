// What a client of an issuer sends: forms, and who it is. Used by introspection and by the token endpoint. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tessera::auth {

// A value of application/x-www-form-urlencoded.
std::string form_encode(std::string_view text);

// The Authorization field of RFC 6749 §2.3.1.
std::string basic_credentials(std::string_view client, std::string_view secret);

}  // namespace tessera::auth
