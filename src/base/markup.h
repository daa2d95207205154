// What XML and HTML write for characters that would otherwise be markup, in text and in quoted attributes alike.
#pragma once

#include <string>
#include <string_view>

namespace tessera {

// "&amp;" and its like; empty for a character that stands for itself.
constexpr std::string_view markup_entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return {};
  }
}

inline std::string markup_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const std::string_view entity = markup_entity(c);
    out.append(entity.empty() ? std::string_view(&c, 1) : entity);
  }
  return out;
}

}  // namespace tessera
