// Sessions: from a request's cookie to the session that it stands for, and back. Used by Authenticator and by the
// sign-in's pages. Safe from all threads; never blocks: a cookie that was seen before costs a hash and a look-up.
//
// A cookie counts only with `Sec-Fetch-Site: same-origin`, which browsers set and scripts cannot: a request that
// another site's page causes, or a sibling host's, or a link, brings no rights along, whatever cookies come with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/seal.h"
#include "auth/session.h"
#include "auth/token_digest.h"
#include "auth/verified_tokens.h"
#include "base/clock.h"
#include "base/lru.h"
#include "base/result.h"
#include "net/http.h"

namespace tessera::auth {

class Sessions {
 public:
  static constexpr std::string_view kCookie = "__Host-tessera";
  static constexpr std::string_view kPurpose = "session";
  static constexpr std::int64_t kIdleSeconds = 12 * 3600;  // without a renewal; then it is over

  // Both are borrowed.
  Sessions(const Seal& seal, const Clock& clock) : seal_(seal), clock_(clock) {}

  // Null: there is none that counts.
  SessionPtr find(const net::Request& request) const;

  // The Set-Cookie fields. TooLarge when its tokens are longer than cookies hold.
  Result<std::vector<std::string>> set(const Session& session) const;
  static std::vector<std::string> clear();

  // No copy of its cookie counts from now on, until this process ends.
  void end(const Session& session);

 private:
  struct Known {
    SessionPtr session;
    std::int64_t until = 0;
  };
  SessionPtr open(std::string_view sealed) const;
  std::int64_t now_seconds() const { return clock_.wall_millis() / 1000; }

  static constexpr std::size_t kCacheBytes = 16 * 1024 * 1024;
  static constexpr std::size_t kEnded = 65'536;

  const Seal& seal_;
  const Clock& clock_;
  mutable Lru<TokenDigest, Known, TokenDigestHash> known_{kCacheBytes};
  mutable Lru<std::string, bool> ended_{kEnded};
};

// Whether the page of this very origin asks.
bool is_same_origin(const net::Request& request);

}  // namespace tessera::auth
