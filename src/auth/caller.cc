#include "auth/caller.h"

#include <string>
#include <utility>

namespace tessera::auth {

namespace {

Status refused(const Identity& identity, Action action) {
  return Status(Code::PermissionDenied,
                "'" + identity.subject + "' may not " + std::string(action_name(action)) + " here");
}

}  // namespace

Result<Caller> admit(Identity identity, std::shared_ptr<const Policy> policy, Action action,
                     std::string_view partition) {
  catalog::Visibility visibility = policy->rights(identity, action, partition);
  if (visibility.sees_nothing()) {
    return refused(identity, action);
  }
  return Caller{std::move(identity), std::move(policy), std::move(visibility)};
}

Result<Caller> admit_to_service(Identity identity, std::shared_ptr<const Policy> policy, Action action) {
  if (!policy->anywhere(identity, action)) {
    return refused(identity, action);
  }
  return Caller{std::move(identity), std::move(policy), {}};
}

}  // namespace tessera::auth
