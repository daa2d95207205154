#include "auth/caller.h"

#include <string>

namespace tessera::auth {

namespace {

Status refused(const Identity& identity, Action action) {
  return Status(Code::PermissionDenied,
                "'" + identity.subject + "' may not " + std::string(action_name(action)) + " here");
}

}  // namespace

Result<catalog::Visibility> admit(const Identity& identity, const Policy& policy, Action action,
                                  std::string_view partition) {
  catalog::Visibility visibility = policy.rights(identity, action, partition);
  if (visibility.sees_nothing()) {
    return refused(identity, action);
  }
  return visibility;
}

Status admit_to_service(const Identity& identity, const Policy& policy, Action action) {
  return policy.anywhere(identity, action) ? Status() : refused(identity, action);
}

}  // namespace tessera::auth
