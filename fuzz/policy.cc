// Policy::parse on arbitrary text: it stays inside it, and what it takes can be asked about anybody and anything.
#include <cstdint>
#include <cstdlib>

#include "auth/explain.h"
#include "auth/policy.h"
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tessera;
  const std::string text(as_text({data, size}));
  const auto policy = auth::Policy::parse(text, "fuzz");
  const auto named = auth::parse_caller(std::string_view(text).substr(0, 200));
  auth::Identity identity = named.ok() ? *named : auth::Identity{};
  if (!policy.ok()) {
    return 0;
  }
  for (const auth::Policy::Role& role : policy->roles()) {
    identity.roles.push_back(role.name);
  }
  for (const auth::ActionRow& row : auth::kActions) {
    const auto rights = policy->rights(identity, row.action, "lab-a");
    const auth::Question question{row.action, "lab-a", "1.2.3", catalog::ImageFlavor::Label};
    const bool seen = rights.sees("1.2.3", catalog::ImageFlavor::Label);
    if (auth::explain(*policy, identity, question).allowed != seen) {
      std::abort();  // the explanation is another than the decision
    }
    if (!rights.sees_nothing() && !policy->anywhere(identity, row.action)) {
      std::abort();
    }
  }
  return 0;
}
