#include "auth/api_key.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "auth/tokens.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kIdAt = kApiKeyPrefix.size();
constexpr std::size_t kSecretAt = kIdAt + 2 * kIdBytes + 1;
constexpr std::size_t kLength = kSecretAt + 2 * kSecretBytes;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Result<NewApiKey> make_api_key() {
  std::array<unsigned char, kIdBytes + kSecretBytes> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return Status(Code::Unavailable, "make a key: the random generator has nothing to give");
  }
  const std::string digits = hex_of(random);
  NewApiKey key;
  key.id = digits.substr(0, 2 * kIdBytes);
  key.text = std::string(kApiKeyPrefix) + key.id + "_" + digits.substr(2 * kIdBytes);
  key.digest = hex_of(digest_of(key.text));
  return key;
}

std::optional<std::string_view> api_key_id(std::string_view text) {
  if (text.size() != kLength || !text.starts_with(kApiKeyPrefix) || text[kSecretAt - 1] != '_' ||
      !is_hex(text.substr(kIdAt, 2 * kIdBytes)) || !is_hex(text.substr(kSecretAt))) {
    return std::nullopt;
  }
  return text.substr(kIdAt, 2 * kIdBytes);
}

Status check_key_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= 64 && is_letter_or_digit(name.front()) &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == '@';
                    });
  if (good) {
    return {};
  }
  return Status(Code::InvalidArgument, "'" + std::string(name.substr(0, 64)) +
                                           "' is no name for a key: it must be 1 to 64 letters, digits, '.', '-', '_' "
                                           "or '@', the first a letter or a digit");
}

}  // namespace tessera::auth
