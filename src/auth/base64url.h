// base64url without padding (RFC 7515 §2), to the letter: one text for one value. Neither '=', white space nor bits
// that are thrown away, because a second spelling of a token is a second key in a cache and a second line in a log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera::auth {

std::optional<std::string> base64url_decode(std::string_view text);
std::string base64url_encode(std::string_view bytes);

}  // namespace tessera::auth
