// Action: what a request does, as policies name it. Every route has exactly one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tessera::auth {

// None of them is 0, so that a route which was given no action can be told at compile time.
enum class Action : std::uint8_t {
  Read = 1,     // retrieve, search, metadata
  Write = 2,    // store
  Delete = 4,   // remove
  Manage = 8,   // how the service is set up: tags, jobs, keys
  Export = 16,  // copies to other places
  Audit = 32,   // who did what
};

using ActionSet = std::uint8_t;
inline constexpr ActionSet kNoAction = 0;
inline constexpr ActionSet kAllActions = 63;

struct ActionRow {
  Action action;
  std::string_view name;
};
inline constexpr std::array kActions = {
    ActionRow{Action::Read, "read"},     ActionRow{Action::Write, "write"},   ActionRow{Action::Delete, "delete"},
    ActionRow{Action::Manage, "manage"}, ActionRow{Action::Export, "export"}, ActionRow{Action::Audit, "audit"},
};

constexpr std::string_view action_name(Action action) {
  for (const ActionRow& row : kActions) {
    if (row.action == action) {
      return row.name;
    }
  }
  return {};
}

constexpr bool is_action(Action action) {
  return !action_name(action).empty();
}

constexpr bool has(ActionSet set, Action action) {
  return (set & static_cast<ActionSet>(action)) != 0;
}

}  // namespace tessera::auth
