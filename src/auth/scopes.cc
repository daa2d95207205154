#include "auth/scopes.h"

#include <optional>
#include <string_view>

namespace tessera::auth {

namespace {

constexpr ActionSet kRead = static_cast<ActionSet>(Action::Read);
constexpr ActionSet kWrite = static_cast<ActionSet>(Action::Write);
constexpr ActionSet kDelete = static_cast<ActionSet>(Action::Delete);
constexpr ActionSet kExport = static_cast<ActionSet>(Action::Export);

// The letters of SMART v2, each at most once and in the order of "cruds".
std::optional<ActionSet> letters(std::string_view access) {
  static constexpr std::string_view kOrder = "cruds";
  static constexpr ActionSet kGives[] = {kWrite, kRead, kWrite, kDelete, kRead};
  ActionSet given = kNoAction;
  std::size_t from = 0;
  for (const char letter : access) {
    const std::size_t at = kOrder.find(letter, from);
    if (at == kOrder.npos) {
      return std::nullopt;
    }
    given |= kGives[at];
    from = at + 1;
  }
  return access.empty() ? std::nullopt : std::optional(given);
}

std::optional<ActionSet> smart_access(std::string_view access) {
  access = access.substr(0, access.find('?'));  // a v2 search restriction: nothing here could hold to it
  if (access == "read") {
    return kRead;
  }
  if (access == "write") {
    return static_cast<ActionSet>(kWrite | kDelete);
  }
  return access == "*" ? std::optional<ActionSet>(kRead | kWrite | kDelete) : letters(access);
}

// nullopt: it says nothing about access.
std::optional<ActionSet> given_by(std::string_view scope) {
  const std::string_view last = scope.substr(scope.rfind('/') + 1);
  if (last == "Dicom.ReadWrite") {
    return kAllActions;
  }
  if (last == "Dicom.Read") {
    return static_cast<ActionSet>(kRead | kExport);
  }
  const std::size_t slash = scope.find('/');
  const std::string_view context = scope.substr(0, slash);
  if (slash == scope.npos || (context != "user" && context != "system" && context != "patient")) {
    return std::nullopt;
  }
  const std::string_view rest = scope.substr(slash + 1);
  const std::size_t dot = rest.find('.');
  const auto access = dot == rest.npos ? std::nullopt : smart_access(rest.substr(dot + 1));
  if (!access) {
    return std::nullopt;
  }
  const std::string_view resource = rest.substr(0, dot);
  const bool ours = resource == "ImagingStudy" || resource == "*";
  // With a restriction that is not understood the scope gives nothing, rather than all.
  return ours && context != "patient" && rest.find('?') == rest.npos ? *access : kNoAction;
}

}  // namespace

ActionSet actions_left_by(std::span<const std::string> scopes) {
  bool any = false;
  ActionSet left = kNoAction;
  for (const std::string& scope : scopes) {
    if (const auto given = given_by(scope)) {
      any = true;
      left |= *given;
    }
  }
  return any ? left : kAllActions;
}

}  // namespace tessera::auth
