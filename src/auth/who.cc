#include "auth/who.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kMaxShown = 256;

struct WhoRow {
  std::string_view prefix;
  Who::Kind kind;
};
constexpr std::array kWho = {WhoRow{"role:", Who::Kind::Role},    WhoRow{"scope:", Who::Kind::Scope},
                             WhoRow{"user:", Who::Kind::User},    WhoRow{"client:", Who::Kind::Client},
                             WhoRow{"key:", Who::Kind::Key},      WhoRow{"token:", Who::Kind::Token},
                             WhoRow{"anyone", Who::Kind::Anyone}, WhoRow{"authenticated", Who::Kind::Authenticated}};

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

bool Who::is(const Identity& identity) const {
  switch (kind) {
    case Kind::Anyone:
      return true;
    case Kind::Authenticated:
      return identity.proof != Proof::None;
    case Kind::Role:
      return std::any_of(identity.roles.begin(), identity.roles.end(),
                         [this](const std::string& role) { return contains(roles, role); });
    case Kind::Scope:
      return contains(identity.scopes, name);
    case Kind::User:
      return !identity.issuer.empty() && identity.issuer == issuer && identity.subject == name;
    case Kind::Client:
      return !identity.issuer.empty() && identity.client == name;
    case Kind::Key:
      return identity.proof == Proof::Key && identity.subject == name;
    case Kind::Token:
      return identity.proof == Proof::Token && identity.issuer.empty() && identity.subject == name;
  }
  return false;
}

std::string Who::text() const {
  switch (kind) {
    case Kind::Anyone:
      return "anyone";
    case Kind::Authenticated:
      return "authenticated";
    case Kind::Role:
      return "role:" + name;
    case Kind::Scope:
      return "scope:" + name;
    case Kind::User:
      return "user:" + issuer + "|" + name;
    case Kind::Client:
      return "client:" + name;
    case Kind::Key:
      return "key:" + name;
    case Kind::Token:
      return "token:" + name;
  }
  return {};
}

Result<Who> parse_who(std::string_view word) {
  for (const WhoRow& row : kWho) {
    const bool takes_name = row.prefix.ends_with(':');
    if (takes_name ? !word.starts_with(row.prefix) : word != row.prefix) {
      continue;
    }
    Who who{row.kind, std::string(word.substr(row.prefix.size())), {}, {}};
    if (row.kind == Who::Kind::User) {
      const std::size_t bar = who.name.find('|');
      who.issuer = who.name.substr(0, bar);
      who.name = bar == std::string::npos ? "" : who.name.substr(bar + 1);
      if (who.issuer.empty() || who.name.empty()) {
        return Status(Code::InvalidArgument, "'" + std::string(word) + "' must be user:ISSUER|SUBJECT");
      }
    }
    if (takes_name && who.name.empty()) {
      return Status(Code::InvalidArgument, "'" + std::string(word) + "' needs a name after the colon");
    }
    return who;
  }
  std::vector<std::string_view> known;
  for (const WhoRow& row : kWho) {
    known.push_back(row.prefix);
  }
  const std::size_t colon = word.find(':');
  const std::string_view kind = word.substr(0, colon == word.npos ? colon : colon + 1).substr(0, kMaxShown);
  return Status(Code::InvalidArgument, "'" + std::string(word) + "' names nobody; the nearest is '" +
                                           std::string(nearest_of(kind, known)) + "'");
}

}  // namespace tessera::auth
