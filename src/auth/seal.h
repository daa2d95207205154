// Seal: turns a small text into one that nobody else can read, make or change (JWE compact serialization, alg "dir",
// enc "A256GCM"; libcjose), so that a browser can keep it for this server as a cookie. What it is for and until when it
// counts are sealed along, so that a text for one purpose is never taken for another.
//
// The key is 32 random bytes in the data folder, made at the first start, of mode 0600; without it, or with another,
// everybody signs in anew. Immutable once made, safe from all threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::auth {

class Seal {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  static constexpr std::size_t kMaxText = 11 * 1024;    // before it is sealed
  static constexpr std::size_t kMaxSealed = 16 * 1024;  // and then

  // Makes the key where there is none. Corrupt when the file is no key.
  static Result<Seal> open(const std::filesystem::path& key_file);
  static Result<Seal> from_key(std::string_view key);
  Seal(Seal&&) noexcept;
  Seal& operator=(Seal&&) noexcept;
  ~Seal();

  // `purpose`: lower-case letters. TooLarge when the text is longer than kMaxText.
  Result<std::string> seal(std::string_view purpose, std::int64_t until, std::string_view text) const;

  // Unauthenticated when it is not sealed by this key for this purpose, or counts no more; the sentence does not say
  // which of the first two.
  struct Opened {
    std::int64_t until = 0;  // Unix seconds
    std::string text;
  };
  Result<Opened> open_sealed(std::string_view purpose, std::string_view sealed, std::int64_t now) const;

 private:
  struct Key;
  explicit Seal(std::unique_ptr<const Key> key);

  std::unique_ptr<const Key> key_;
};

}  // namespace tessera::auth
