// Who: one word of a grant's `who`, and whether an identity is meant by it. A plain value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/identity.h"
#include "base/result.h"

namespace tessera::auth {

struct Who {
  enum class Kind { Anyone, Authenticated, Role, Scope, User, Client, Key, Token };
  Kind kind = Kind::Anyone;
  std::string name;                // as written, without "role:" and its like; a user's subject
  std::string issuer;              // User
  std::vector<std::string> roles;  // Role: every word of a token that comes to this role

  bool is(const Identity& identity) const;
  std::string text() const;  // "role:reader"
};

// "role:reader", "user:https://issuer|subject", "anyone". InvalidArgument for anything else.
Result<Who> parse_who(std::string_view word);

}  // namespace tessera::auth
