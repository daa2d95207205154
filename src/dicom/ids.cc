#include "dicom/ids.h"

#include <openssl/sha.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/bytes.h"

namespace tessera::dicom {
namespace {

constexpr std::size_t kMaxUidLength = 64;

__extension__ typedef unsigned __int128 Uint128;
using UuidBytes = std::array<std::uint8_t, 16>;

// PS3.5 B.2: the UUID as one big-endian number, in decimal, below the root 2.25.
std::string uid_of_uuid(const UuidBytes& uuid) {
  Uint128 number = 0;
  for (const std::uint8_t byte : uuid) {
    number = number << 8 | byte;
  }
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number != 0);
  std::reverse(digits.begin(), digits.end());
  return "2.25." + digits;
}

// RFC 9562: version 8 is "made by the vendor's own rule", version 4 is random.
void stamp_uuid(UuidBytes& uuid, std::uint8_t version) {
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0F) | version << 4);
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3F) | 0x80);
}

}  // namespace

bool is_valid_uid(std::string_view uid) {
  uid = trim_uid(uid);
  if (uid.empty() || uid.size() > kMaxUidLength || uid.back() == '.') {
    return false;
  }
  return std::all_of(uid.begin(), uid.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::string_view trim_uid(std::string_view uid) {
  while (!uid.empty() && (uid.back() == ' ' || uid.back() == '\0')) {
    uid.remove_suffix(1);
  }
  return uid;
}

std::string uid_from_seed(std::string_view seed) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(as_bytes(seed).data(), seed.size(), digest.data());
  UuidBytes uuid;
  std::copy_n(digest.begin(), uuid.size(), uuid.begin());
  stamp_uuid(uuid, 8);
  return uid_of_uuid(uuid);
}

std::string random_uid() {
  UuidBytes uuid;
  // Sixteen bytes come whole or not at all; without a random source no identity can be promised.
  if (getrandom(uuid.data(), uuid.size(), 0) != static_cast<ssize_t>(uuid.size())) {
    std::abort();
  }
  stamp_uuid(uuid, 4);
  return uid_of_uuid(uuid);
}

}  // namespace tessera::dicom
