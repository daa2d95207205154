// Refusal: why a token is not taken. One table gives each its name in the metrics and the log, the kind of failure, and
// the sentence its bearer reads: enough to mend a client, nothing about keys or about other tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace tessera::auth {

enum class Refusal : std::uint8_t {
  None,  // taken
  TooLong,
  Malformed,
  Encrypted,
  BadHeader,
  Critical,
  Nested,
  Algorithm,
  Type,
  BadClaims,
  IssuerUnknown,
  KeyUnknown,
  KeyMismatch,
  Signature,
  Issuer,
  Audience,
  Client,
  Expired,
  NotYet,
  Subject,
  IdToken,
  Roles,
  Inactive,
  KeysAway,
  IntrospectionAway,
  Overload,
};
inline constexpr std::size_t kRefusals = 26;

std::string_view refusal_name(Refusal refusal);

// Ok for None; Unauthenticated, or Unavailable where the token may be good.
Status refusal_status(Refusal refusal);

}  // namespace tessera::auth
