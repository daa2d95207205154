// VerifiedTokens: what is known about tokens that were checked before, by the SHA-256 of the token: a tile's request
// costs a hash and a look-up. Every thread has a part of its own (threads beyond 16 share), so that loops do not wait
// for one another; behind them is one for all, which a thread asks once for each token. Bounded; safe from all threads.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "auth/identity.h"
#include "auth/refusal.h"
#include "auth/token_digest.h"
#include "base/lru.h"

namespace tessera::auth {

// A hash is as good as any hash of it.
struct TokenDigestHash {
  std::size_t operator()(const TokenDigest& digest) const {
    std::size_t out = 0;
    std::memcpy(&out, digest.data(), sizeof out);
    return out;
  }
};

struct VerifiedToken {
  Identity identity;
  Refusal refusal = Refusal::None;  // an opaque token that its issuer does not know is remembered, too
  std::size_t issuer = 0;           // its place among the issuers
  std::uint64_t generation = 0;     // of the issuer's keys; 0: no key was needed
  std::int64_t until = 0;           // Unix seconds: it counts before them
};
using VerifiedTokenPtr = std::shared_ptr<const VerifiedToken>;

class VerifiedTokens {
 public:
  static constexpr std::size_t kParts = 16;
  static constexpr std::size_t kBytes = 32 * 1024 * 1024;       // of all threads together; one token weighs about 700
  static constexpr std::size_t kBytesOfPart = 2 * 1024 * 1024;  // of one thread

  VerifiedTokens();

  // What is known and `counts`; null when there is none such. What does not count any more is put over by whoever
  // checks the token anew.
  template <class Counts>
  VerifiedTokenPtr find(const TokenDigest& digest, Counts counts) {
    Cache& own = part_of_thread().cache;
    if (const auto found = own.get(digest); found && counts(**found)) {
      return *found;
    }
    if (const auto found = all_.get(digest); found && counts(**found)) {
      own.put(digest, *found, weight_of(**found));
      return *found;
    }
    return nullptr;
  }
  void put(const TokenDigest& digest, VerifiedTokenPtr token);

  std::size_t entries() const { return all_.counters().entries; }

 private:
  using Cache = Lru<TokenDigest, VerifiedTokenPtr, TokenDigestHash>;
  // Apart in memory, so that a look-up in one does not move the line of another.
  struct alignas(64) Part {
    Cache cache{kBytesOfPart};
  };

  Part& part_of_thread() const;
  static std::size_t weight_of(const VerifiedToken& token);

  const std::unique_ptr<std::array<Part, kParts>> parts_;
  Cache all_{kBytes};
};

}  // namespace tessera::auth
