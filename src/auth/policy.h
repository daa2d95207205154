// Policy: who may do what with which images: roles and grants, read from one file (doc/authorisation.md) or built in.
// Grants add up; what none gives is refused. Immutable, shared by all threads; evaluating it takes no lock, no
// allocation in the ordinary case, and looks at names alone: it cannot tell a partition that is not there from one that
// is not granted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "auth/action.h"
#include "auth/identity.h"
#include "auth/who.h"
#include "base/result.h"
#include "catalog/visibility.h"

namespace tessera::auth {

struct Grant {
  unsigned line = 0;  // in its file; 0: built in
  std::vector<Who> who;
  ActionSet actions = kNoAction;
  std::vector<std::string> partitions;  // names, or beginnings that end in '*'; empty: all
  catalog::StudyClause studies;         // with the flavors; neither UIDs nor prefixes: all studies

  bool of_all_studies() const { return studies.studies.empty() && studies.prefixes.empty(); }
  bool of_partition(std::string_view name) const;
};

// Why a grant gives an action to somebody nowhere; None: it gives, where its partitions and studies say.
enum class Miss { None, Action, Who, Scopes };

class Policy {
 public:
  struct Role {
    std::string name;
    std::vector<std::string> names;     // what tokens call it beside its name
    std::vector<std::string> includes;  // roles whose grants it has, too
    unsigned line = 0;
  };

  Policy(std::vector<Role> roles, std::vector<Grant> grants);

  // InvalidArgument with file, line, key and the nearest word that is known.
  static Result<Policy> parse(std::string_view text, const std::string& file);
  // Without a file. `open`: the server asks nobody for a credential, and everybody may do everything.
  static Policy builtin(bool open);

  // What `action` may touch in the partition of that name; sees_nothing() when it is not granted at all.
  catalog::Visibility rights(const Identity& identity, Action action, std::string_view partition) const;
  // Whether it is granted in any partition.
  bool anywhere(const Identity& identity, Action action) const;
  // Whether something is granted to whoever has no credential.
  bool admits_anyone() const { return admits_anyone_; }

  // `left` is what the identity's scopes leave (actions_left_by).
  static Miss miss(const Grant& grant, const Identity& identity, ActionSet left, Action action);

  const std::vector<Role>& roles() const { return roles_; }
  const std::vector<Grant>& grants() const { return grants_; }
  // InvalidArgument, naming the nearest, when there is no such role.
  Status check_role(std::string_view name) const;

 private:
  std::vector<Role> roles_;
  std::vector<Grant> grants_;
  bool admits_anyone_ = false;
};

}  // namespace tessera::auth
