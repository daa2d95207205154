// Caller: who asks, what the policy was when they did, and which instances their request may touch. Made once per
// request, before the body is read; a plain value from then on.
#pragma once

#include <memory>
#include <string_view>

#include "auth/action.h"
#include "auth/identity.h"
#include "auth/policy.h"
#include "base/result.h"
#include "catalog/visibility.h"

namespace tessera::auth {

struct Caller {
  Identity identity;
  std::shared_ptr<const Policy> policy;  // shared with other requests; a reload leaves it as it is
  catalog::Visibility visibility;        // for the action of the request, in its partition
};

// What of the partition the action may touch; PermissionDenied, naming the caller and the action, when nothing of it is
// granted. By name alone: a partition that is not there is refused in the same words.
Result<catalog::Visibility> admit(const Identity& identity, const Policy& policy, Action action,
                                  std::string_view partition);
// For what belongs to no partition: granted in any of them is enough, and nothing is visible.
Status admit_to_service(const Identity& identity, const Policy& policy, Action action);

}  // namespace tessera::auth
