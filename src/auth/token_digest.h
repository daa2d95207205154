// TokenDigest: the SHA-256 by which this server knows a token or a key without holding it. Pure functions.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tessera::auth {

using TokenDigest = std::array<unsigned char, 32>;
TokenDigest digest_of(std::string_view token);

// Lower-case digits, two a byte; and back, nothing for what is no digest.
std::string hex_of(std::span<const unsigned char> bytes);
std::optional<TokenDigest> digest_from_hex(std::string_view text);

}  // namespace tessera::auth
