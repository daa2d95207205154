// Identity: who a credential proves its bearer to be, in the words of whoever vouches for them. Made once per request
// (or taken from a cache); what they may do follows from it. A plain value.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace tessera::auth {

enum class Proof : std::uint8_t {
  None,           // nobody was asked for a credential, because the server wants none
  Token,          // a static token of the configuration
  Key,            // an API key of the catalog
  Jwt,            // a token that an issuer signed
  Introspection,  // an opaque token that its issuer was asked about
};

struct Identity {
  Proof proof = Proof::None;
  std::string issuer;                 // who vouches: an issuer's URL; empty for this server's own credentials
  std::string subject = "anonymous";  // never changes within the issuer: what policies and audit name
  std::string client = {};            // the program that the credential was given to; empty: not known
  std::string name = {};              // for people to read; may be anything
  std::vector<std::string> roles;
  std::vector<std::string> scopes;
  std::int64_t expires = std::numeric_limits<std::int64_t>::max();  // Unix seconds
};

}  // namespace tessera::auth
