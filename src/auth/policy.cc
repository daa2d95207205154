#include "auth/policy.h"

#include <algorithm>
#include <set>

#include "auth/scopes.h"
#include "base/nearest.h"

namespace tessera::auth {

namespace {

// Every word that comes to the role: its own names, and those of roles that include it, at whatever distance.
std::vector<std::string> words_of(const std::vector<Policy::Role>& roles, const std::string& name) {
  std::set<std::string, std::less<>> reached = {name};
  for (bool grew = true; grew;) {
    grew = false;
    for (const Policy::Role& role : roles) {
      const bool includes = std::any_of(role.includes.begin(), role.includes.end(),
                                        [&](const std::string& included) { return reached.count(included) != 0; });
      grew = (includes && reached.insert(role.name).second) || grew;
    }
  }
  std::set<std::string> words;
  for (const Policy::Role& role : roles) {
    if (reached.count(role.name) != 0) {
      words.insert(role.name);
      words.insert(role.names.begin(), role.names.end());
    }
  }
  return {words.begin(), words.end()};
}

void add_studies(const Grant& grant, catalog::Visibility& rights) {
  if ((grant.studies.flavors & ~rights.everywhere) == 0) {
    return;
  }
  for (catalog::StudyClause& clause : rights.clauses) {
    if (clause.flavors == grant.studies.flavors) {
      clause.studies.insert(clause.studies.end(), grant.studies.studies.begin(), grant.studies.studies.end());
      clause.prefixes.insert(clause.prefixes.end(), grant.studies.prefixes.begin(), grant.studies.prefixes.end());
      return;
    }
  }
  rights.clauses.push_back(grant.studies);
}

}  // namespace

bool Grant::of_partition(std::string_view name) const {
  return partitions.empty() || std::any_of(partitions.begin(), partitions.end(), [name](std::string_view pattern) {
           return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
         });
}

Policy::Policy(std::vector<Role> roles, std::vector<Grant> grants)
    : roles_(std::move(roles)), grants_(std::move(grants)) {
  for (Grant& grant : grants_) {
    for (Who& who : grant.who) {
      who.roles = who.kind == Who::Kind::Role ? words_of(roles_, who.name) : std::vector<std::string>();
      admits_anyone_ = admits_anyone_ || who.kind == Who::Kind::Anyone;
    }
  }
}

Miss Policy::miss(const Grant& grant, const Identity& identity, ActionSet left, Action action) {
  if (!has(grant.actions, action)) {
    return Miss::Action;
  }
  bool named = false;
  for (const Who& who : grant.who) {
    if (!who.is(identity)) {
      continue;
    }
    // Scopes narrow what others give. What a grant gives to a scope, the policy says itself.
    if (who.kind == Who::Kind::Scope || has(left, action)) {
      return Miss::None;
    }
    named = true;
  }
  return named ? Miss::Scopes : Miss::Who;
}

catalog::Visibility Policy::rights(const Identity& identity, Action action, std::string_view partition) const {
  const ActionSet left = actions_left_by(identity.scopes);
  catalog::Visibility rights;
  for (const Grant& grant : grants_) {
    if (miss(grant, identity, left, action) != Miss::None || !grant.of_partition(partition)) {
      continue;
    }
    if (grant.of_all_studies()) {
      rights.everywhere |= grant.studies.flavors;
    } else {
      add_studies(grant, rights);
    }
  }
  std::erase_if(rights.clauses, [&](const auto& clause) { return (clause.flavors & ~rights.everywhere) == 0; });
  return rights;
}

bool Policy::anywhere(const Identity& identity, Action action) const {
  const ActionSet left = actions_left_by(identity.scopes);
  return std::any_of(grants_.begin(), grants_.end(),
                     [&](const Grant& grant) { return miss(grant, identity, left, action) == Miss::None; });
}

Status Policy::check_role(std::string_view name) const {
  std::vector<std::string_view> known;
  for (const Role& role : roles_) {
    known.insert(known.end(), role.name);
    known.insert(known.end(), role.names.begin(), role.names.end());
  }
  if (std::find(known.begin(), known.end(), name) != known.end()) {
    return {};
  }
  return Status(Code::InvalidArgument,
                "the policy has no role '" + std::string(name) + "'" +
                    (known.empty() ? "" : "; the nearest is '" + std::string(nearest_of(name, known)) + "'"));
}

}  // namespace tessera::auth
