// API keys: what one looks like, how it is made, and what is kept of it.
//
//   tessera_{id}_{secret}      id: 16 hexadecimal digits, public · secret: 64 of them, 256 bits of OpenSSL's generator
//
// Kept is the SHA-256 of the whole text. A slow hash would guard words that people choose; here there is nothing to
// guess, and every request pays for the check.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::auth {

inline constexpr std::string_view kApiKeyPrefix = "tessera_";

struct NewApiKey {
  std::string id;
  std::string text;    // to be shown once
  std::string digest;  // hexadecimal
};

// Unavailable when the generator has nothing to give.
Result<NewApiKey> make_api_key();

// The id of what has the form of a key; nothing for every other text.
std::optional<std::string_view> api_key_id(std::string_view text);

// 1 to 64 letters, digits, '.', '-', '_' and '@', the first a letter or a digit: names stand in policies, logs and on
// command lines.
Status check_key_name(std::string_view name);

}  // namespace tessera::auth
