// URIs: percent-decoding and query strings. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tessera::net {

// Decodes %XX (and '+' to a space when `plus_is_space`); InvalidArgument naming the byte for a broken escape, a NUL or
// bytes that are no UTF-8.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);

// "a=1&b=2,3" in order, decoded; names may repeat.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace tessera::net
