// xml: the XML that scanners write into tag 270 (Philips, Leica, OME), as a small tree. The vendor readers are
// its only users.
//
// The text is outside bytes, so there are bounds from the first: length, depth, how many elements and
// attributes. A document type declaration is refused altogether: no scanner writes one, and it is where
// entities, the one thing that makes XML grow, are declared. Nothing is ever fetched. expat does the parsing;
// this is the only file that knows it. Pure functions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tessera::slide {

// A base64 label and macro within the text (Philips) make it megabytes long.
inline constexpr std::size_t kMaxXml = 64 << 20;

// Names stand without their namespace prefix: "scn:image" is "image".
struct XmlElement {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;  // all character data directly within it, without white space at either end
  std::vector<XmlElement> children;

  // Empty when there is none.
  std::string_view attribute(std::string_view wanted) const;
  // The first child of that name; nullptr when there is none.
  const XmlElement* child(std::string_view wanted) const;
  // The first descendant along a path of child names; nullptr when a step is missing.
  const XmlElement* at(std::initializer_list<std::string_view> path) const;
  // The text at the end of such a path; empty when a step is missing.
  std::string_view text_at(std::initializer_list<std::string_view> path) const;
};

// The root element. Corrupt naming line and column when it is not well-formed, Unsupported for a document type
// declaration, TooLarge naming the bound.
Result<XmlElement> parse_xml(std::string_view text);

// "0.25", " 1e-3 ": a finite number and nothing after it; nothing for anything else.
std::optional<double> number_in(std::string_view text);
// "42": a whole number and nothing after it.
std::optional<std::uint64_t> whole_in(std::string_view text);
// Without white space at either end.
std::string_view trimmed(std::string_view text);

}  // namespace tessera::slide
