#include "auth/caller.h"

#include <string_view>
#include <utility>

namespace tessera::auth {

namespace {

const char* action_name(Action action) {
  switch (action) {
    case Action::Read:
      return "read";
    case Action::Write:
      return "write";
    case Action::Delete:
      return "delete";
    case Action::Manage:
      return "manage";
  }
  return "do this";
}

struct Role {
  std::string_view name;
  ActionSet actions;
};
constexpr Role kRoles[] = {{"owner", kOwner}, {"reader", kReader}};

}  // namespace

Caller caller_of(Identity identity) {
  Caller caller{std::move(identity), kNoAction, catalog::Visibility::everything()};
  if (caller.identity.proof == Proof::None) {
    caller.actions = kOwner;
  }
  for (const std::string& name : caller.identity.roles) {
    for (const Role& role : kRoles) {
      caller.actions |= role.name == name ? role.actions : kNoAction;
    }
  }
  return caller;
}

Status authorize(const Caller& caller, Action action) {
  if ((caller.actions & static_cast<ActionSet>(action)) != 0) {
    return {};
  }
  return Status(Code::PermissionDenied, "'" + caller.identity.subject + "' may not " + action_name(action) + " here");
}

}  // namespace tessera::auth
