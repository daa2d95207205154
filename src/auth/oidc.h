// Oidc: from a bearer token to an Identity, by the issuers of the configuration. Used by Authenticator.
//
// known() answers from memory, on a loop thread: tokens that were seen before, and signatures of keys that are known.
// Where an issuer must be asked first (an unknown key, an opaque token), it says nothing, and ask() answers later from
// a thread of a small pool; what waits is bounded, and asked once for all who wait for the same.
//
// Safe from all threads. stop() before whoever is called back goes away.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/introspection.h"
#include "auth/issuer.h"
#include "auth/verified_tokens.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"

namespace tessera::auth {

class Oidc {
 public:
  using Then = std::function<void(Result<Identity>)>;

  struct Options {
    std::vector<IssuerOptions> issuers;
    IssuerTiming timing = {};
    Fetch fetch = http_fetch;
    unsigned threads = 4;           // for what waits for introspection and new keys
    std::size_t max_waiting = 256;  // opaque tokens at once; beyond: 503
  };
  // `clock` and `log` are borrowed.
  Oidc(Options options, const Clock& clock, Log& log);
  ~Oidc();

  void start();
  // Ends all threads; everybody who waits is called before.
  void stop();

  bool has_issuers() const { return !issuers_.empty(); }
  const std::vector<std::unique_ptr<Issuer>>& issuers() const { return issuers_; }

  // Nothing: an issuer must be asked. Failures are Unauthenticated, or Unavailable.
  std::optional<Result<Identity>> known(std::string_view token);
  // Calls `then` once; perhaps at once.
  void ask(std::string_view token, Then then);

  struct Counters {
    std::array<std::uint64_t, kRefusals> outcomes;  // by Refusal; None: accepted
    std::uint64_t cached;                           // answered from memory alone
    std::uint64_t introspections;
    std::size_t cache_entries;
  };
  Counters counters() const;

 private:
  static constexpr std::size_t kNoIssuer = SIZE_MAX;
  struct Outcome {
    Refusal refusal = Refusal::None;
    bool ask = false;  // it is not known yet: its issuer must be asked
    std::size_t issuer = kNoIssuer;
    std::string kid;
    Identity identity;
  };

  Outcome check_jwt(std::string_view token, const TokenDigest& digest);
  VerifiedTokenPtr still_known(const TokenDigest& digest) const;
  Result<Identity> finish(Outcome outcome);
  struct Waiting {
    std::string token;
    TokenDigest digest;
    Then then;
  };
  void ask_jwt(std::string token, Then then);
  void wait_for_keys(const std::shared_ptr<const Waiting>& waiting, bool fresh);
  void ask_opaque(std::string token, Then then);
  void answer_askers(const std::string& token, const TokenDigest& digest);
  Outcome introspect_now(const std::string& token, const TokenDigest& digest);
  void log_refusal(const Outcome& outcome);
  std::int64_t now_seconds() const { return clock_.wall_millis() / 1000; }

  const Fetch fetch_;
  const std::size_t max_waiting_;
  const Clock& clock_;
  Log& log_;
  std::vector<std::unique_ptr<Issuer>> issuers_;
  std::size_t introspecting_ = kNoIssuer;
  mutable VerifiedTokens verified_;
  std::array<std::atomic<std::uint64_t>, kRefusals> outcomes_{};
  std::atomic<std::uint64_t> cached_{0};
  std::atomic<std::uint64_t> introspections_{0};

  std::mutex mutex_;
  std::map<TokenDigest, std::vector<Then>> asking_;  // guarded by mutex_, as all below
  std::size_t waiting_ = 0;
  bool stopped_ = false;
  std::int64_t log_second_ = 0;
  unsigned log_lines_ = 0;  // in that second

  std::unique_ptr<Pool> pool_;
};

}  // namespace tessera::auth
