#include "auth/cookies.h"

#include <algorithm>

#include "net/field_text.h"

namespace tessera::auth {

namespace {

// __Host- asks for these: the cookie is this very host's, not that of a sibling or a parent (RFC 6265bis §4.1.3.2).
constexpr std::string_view kAttributes = "; Path=/; Secure; HttpOnly";

std::string part_name(std::string_view name, std::size_t part) {
  return std::string(name) + (part == 0 ? "" : "-" + std::to_string(part));
}

// base64url and dots: all that ours are made of.
bool is_value(std::string_view text) {
  return text.size() <= kMaxCookiePart && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

}  // namespace

std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name) {
  if (field.size() > kMaxCookieField) {
    return std::nullopt;
  }
  std::optional<std::string_view> found;
  while (!field.empty()) {
    const std::string_view pair = field.substr(0, field.find(';'));
    field.remove_prefix(std::min(pair.size() + 1, field.size()));
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || net::without_blanks(pair.substr(0, equals)) != name) {
      continue;
    }
    if (found) {
      return std::nullopt;
    }
    found = net::without_blanks(pair.substr(equals + 1));
  }
  return found && is_value(*found) ? found : std::nullopt;
}

std::optional<std::string> join_cookie(std::string_view field, std::string_view name) {
  const auto first = find_cookie(field, name);
  if (!first || first->size() < 2 || (*first)[0] < '1' || (*first)[0] > '0' + static_cast<int>(kMaxCookieParts) ||
      (*first)[1] != '.') {
    return std::nullopt;
  }
  const auto parts = static_cast<std::size_t>((*first)[0] - '0');
  std::string value(first->substr(2));
  for (std::size_t part = 1; part < parts; ++part) {
    const auto more = find_cookie(field, part_name(name, part));
    if (!more || more->empty()) {
      return std::nullopt;
    }
    value += *more;
  }
  return value;
}

Result<std::vector<std::string>> set_cookie(std::string_view name, std::string_view value,
                                            std::string_view attributes) {
  constexpr std::size_t kPart = kMaxCookiePart - 2;
  const std::size_t parts = std::max<std::size_t>(1, (value.size() + kPart - 1) / kPart);
  if (parts > kMaxCookieParts) {
    return Status(Code::TooLarge, "set a cookie: " + std::to_string(value.size()) + " bytes, and " +
                                      std::to_string(kMaxCookieParts) + " cookies hold " +
                                      std::to_string(kMaxCookieParts * kPart));
  }
  std::vector<std::string> fields;
  for (std::size_t part = 0; part < parts; ++part) {
    fields.push_back(part_name(name, part) + "=" + (part == 0 ? std::to_string(parts) + "." : "") +
                     std::string(value.substr(part * kPart, kPart)) + std::string(kAttributes) +
                     std::string(attributes));
  }
  for (std::string& field : clear_cookie(name, parts)) {
    fields.push_back(std::move(field));
  }
  return fields;
}

std::vector<std::string> clear_cookie(std::string_view name, std::size_t first_part) {
  std::vector<std::string> fields;
  for (std::size_t part = first_part; part < kMaxCookieParts; ++part) {
    fields.push_back(part_name(name, part) + "=" + std::string(kAttributes) + "; Max-Age=0");
  }
  return fields;
}

}  // namespace tessera::auth
