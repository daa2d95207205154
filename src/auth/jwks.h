// KeySet: the public keys an issuer publishes (RFC 7517), as far as they can check the signature of a token. Keys of
// other kinds, for other uses or of unsound size are left out. Immutable once made, safe from all threads; libcjose
// does the checking.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jwt.h"
#include "base/result.h"

namespace tessera::auth {

class KeySet {
 public:
  static constexpr std::size_t kMaxBytes = 256 * 1024;
  static constexpr std::size_t kMaxKeys = 64;

  // Corrupt when the text is no key set, TooLarge when it is longer or has more keys than the limits.
  static Result<std::shared_ptr<const KeySet>> parse(std::string_view json);
  ~KeySet();

  // None, or: KeyUnknown, and a newer set may know better; KeyMismatch; Signature.
  // A token without kid is tried against every key of its algorithm's kind, up to 16.
  Refusal verify(const Jwt& token) const;

  std::size_t size() const;
  std::size_t left_out() const { return left_out_; }
  // Whether the other holds the same keys under the same names.
  bool same_as(const KeySet& other) const { return fingerprint_ == other.fingerprint_; }

 private:
  struct Key;

  KeySet();

  std::vector<Key> keys_;
  std::size_t left_out_ = 0;
  std::vector<std::string> fingerprint_;  // sorted: what each key is made of
};

}  // namespace tessera::auth
