// The text of HTTP fields (RFC 9110 §5.6): words that are compared without case, and the blanks around them. Pure.
#pragma once

#include <string_view>

namespace tessera::net {

// ASCII letters count the same in either case.
bool same_word(std::string_view a, std::string_view b);

// Without the spaces and tabs at both ends (OWS).
std::string_view without_blanks(std::string_view text);

}  // namespace tessera::net
