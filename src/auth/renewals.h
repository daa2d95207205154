// Renewals: asks for a session's next tokens once, whoever asks how often: providers exchange a refresh token for
// another, and take one that comes twice for stolen. Who asks for the same while the answer is awaited gets that
// answer; who asks within 30 s after it (a second tab, an answer that was lost on the way) gets the same new session.
//
// Safe from all threads; renew() does not block. What waits is bounded.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "auth/session.h"
#include "auth/token_digest.h"
#include "auth/verified_tokens.h"
#include "base/clock.h"
#include "base/lru.h"
#include "base/pool.h"
#include "base/result.h"

namespace tessera::auth {

class Renewals {
 public:
  using Ask = std::function<Result<Session>(const Session&)>;
  using Then = std::function<void(const Result<SessionPtr>&)>;

  static constexpr std::int64_t kSameAnswerMillis = 30'000;
  static constexpr std::size_t kRemembered = 4096;

  // `ask` blocks and is called on the pool; pool and clock are borrowed. The pool ends first.
  Renewals(Pool& pool, const Clock& clock, Ask ask, std::size_t max_waiting = 64)
      : pool_(pool), clock_(clock), ask_(std::move(ask)), max_waiting_(max_waiting) {}

  // Calls `then` once; perhaps at once. Unavailable when too many wait.
  void renew(SessionPtr session, Then then);

 private:
  struct Recent {
    SessionPtr session;
    std::int64_t at = 0;
  };
  void answer(const TokenDigest& digest, const Session& old);

  Pool& pool_;
  const Clock& clock_;
  const Ask ask_;
  const std::size_t max_waiting_;
  Lru<TokenDigest, Recent, TokenDigestHash> recent_{kRemembered};

  std::mutex mutex_;
  std::map<TokenDigest, std::vector<Then>> waiting_;  // guarded by mutex_
  std::size_t count_ = 0;                             // of all that wait; guarded by mutex_
};

}  // namespace tessera::auth
