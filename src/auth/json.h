// Json: a small JSON text from outside (token header, claims, key set, an identity provider's answer) as a tree.
// Stricter than RFC 8259 asks: an object that names a member twice is refused, because readers disagree about which one
// counts. Boost.JSON parses; bounds are given by the caller. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tessera::auth {

struct JsonLimits {
  std::size_t depth = 8;      // arrays and objects in one another
  std::size_t values = 1024;  // of all kinds, members' included
};

struct Json {
  enum class Kind : std::uint8_t { Null, Bool, Number, String, Array, Object };

  Kind kind = Kind::Null;
  bool flag = false;
  double number = 0;  // may be infinite where the text names more than a double holds
  std::string text;
  std::vector<Json> items;
  struct Member;
  std::vector<Member> members;

  bool is(Kind wanted) const { return kind == wanted; }
  // Null when there is no such member, or this is no object.
  const Json* find(std::string_view name) const;
  // The member's text; empty when it is not there or no string.
  std::string_view string_of(std::string_view name) const;
};

struct Json::Member {
  std::string name;
  Json value;
};

// The whole text is one value, in UTF-8. Corrupt with the position otherwise.
Result<Json> parse_json(std::string_view text, JsonLimits limits);

}  // namespace tessera::auth
