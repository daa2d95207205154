// Cookies: finding one in what a browser sends, and the fields that set and clear one (RFC 6265). A value that is too
// long for one cookie is spread over up to four: NAME, NAME-1, NAME-2, NAME-3. Pure.
//
//   value := count "." part     count: how many cookies there are, 1 to 4; in the first of them alone
//
// so that what an older, longer value left behind is never taken for a part of a newer one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace tessera::auth {

inline constexpr std::size_t kMaxCookiePart = 3800;  // browsers keep 4096 bytes of a cookie, name and attributes too
inline constexpr std::size_t kMaxCookieParts = 4;
inline constexpr std::size_t kMaxCookieField = 32 * 1024;  // a longer Cookie field holds no cookie of ours

// The value; nothing when it is not there, there twice, or holds what no cookie of ours does.
std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name);

// The whole value from its parts. Nothing when one is missing.
std::optional<std::string> join_cookie(std::string_view field, std::string_view name);

// Set-Cookie fields for the value, and to clear the parts that are not used. `attributes`: "; SameSite=Strict".
// TooLarge when four cookies do not hold it.
Result<std::vector<std::string>> set_cookie(std::string_view name, std::string_view value, std::string_view attributes);
std::vector<std::string> clear_cookie(std::string_view name, std::size_t first_part = 0);

}  // namespace tessera::auth
