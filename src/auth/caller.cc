#include "auth/caller.h"

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

}  // namespace

Status authorize(const Caller& caller, Action action) {
  if ((caller.actions & static_cast<ActionSet>(action)) != 0) {
    return {};
  }
  return Status(Code::PermissionDenied, "'" + caller.principal + "' may not " + action_name(action) + " here");
}

}  // namespace tessera::auth
