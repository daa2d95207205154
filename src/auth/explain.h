// Explain: why the policy allows or refuses something, in sentences that name the grants. For `tessera doctor
// --explain-access`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/identity.h"
#include "auth/policy.h"
#include "base/result.h"
#include "catalog/visibility.h"

namespace tessera::auth {

struct Question {
  Action action = Action::Read;
  std::string partition;                       // empty: the service as a whole
  std::string study;                           // empty: any
  std::optional<catalog::ImageFlavor> flavor;  // nothing: any
};

struct Explanation {
  bool allowed = false;
  std::vector<std::string> lines;  // the decision first
};

Explanation explain(const Policy& policy, const Identity& identity, const Question& question);

// "role:reader,scope:user/ImagingStudy.rs", "user:https://issuer|subject", "key:NAME", "token:NAME", "client:ID",
// "authenticated", "anyone": words that describe one caller, separated by commas. InvalidArgument.
Result<Identity> parse_caller(std::string_view words);

// "read PARTITION[/STUDY[/SERIES[/INSTANCE]]] [FLAVOR]". InvalidArgument.
Result<Question> parse_question(std::string_view words);

}  // namespace tessera::auth
