// The signature algorithms that are known (RFC 7518 §3.3 to 3.5), each with the one kind of key it goes with. What is
// not in the table ("none", HMAC, any other spelling) does not exist here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tessera::auth {

enum class KeyKind : std::uint8_t { Rsa, P256, P384, P521 };

struct JwsAlgorithm {
  std::string_view name;
  KeyKind key;
};

inline constexpr std::array<JwsAlgorithm, 9> kJwsAlgorithms = {{{"RS256", KeyKind::Rsa},
                                                                {"RS384", KeyKind::Rsa},
                                                                {"RS512", KeyKind::Rsa},
                                                                {"PS256", KeyKind::Rsa},
                                                                {"PS384", KeyKind::Rsa},
                                                                {"PS512", KeyKind::Rsa},
                                                                {"ES256", KeyKind::P256},
                                                                {"ES384", KeyKind::P384},
                                                                {"ES512", KeyKind::P521}}};

// Null for any other name.
constexpr const JwsAlgorithm* find_algorithm(std::string_view name) {
  for (const JwsAlgorithm& row : kJwsAlgorithms) {
    if (row.name == name) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace tessera::auth
