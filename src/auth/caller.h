// Caller: who asks, what they may do and what they may see. Made once per request, before the body is read; a plain
// value from then on.
#pragma once

#include <cstdint>
#include <string>

#include "auth/identity.h"
#include "base/status.h"
#include "catalog/visibility.h"

namespace tessera::auth {

enum class Action : std::uint8_t { Read = 1, Write = 2, Delete = 4, Manage = 8 };

using ActionSet = std::uint8_t;
inline constexpr ActionSet kNoAction = 0;
inline constexpr ActionSet kReader = static_cast<ActionSet>(Action::Read);
inline constexpr ActionSet kOwner = 15;

struct Caller {
  Identity identity;
  ActionSet actions = kNoAction;
  catalog::Visibility visibility;
};

// What the roles of an identity come to: "owner" may do everything, "reader" may read; other roles give nothing. An
// identity that needed no proof may do everything.
Caller caller_of(Identity identity);

// PermissionDenied, naming the caller and the action, when the caller may not.
Status authorize(const Caller& caller, Action action);

}  // namespace tessera::auth
