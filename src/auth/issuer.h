// Issuer: one identity provider at work: its discovery document and its keys, kept fresh by a thread of its own, so
// that a hanging provider holds up nobody else. Used by Oidc.
//
// Times, all in IssuerTiming. Keys are asked for anew after their Cache-Control, but not before `min_refresh` and not
// later than the configured jwks_refresh; a failure is tried again after `first_retry`, doubling up to `longest_retry`.
// Keys that were had once stay good for `stale` after the last answer; then the issuer is away until it answers again.
// A token whose key is not known makes the thread ask out of turn, once for all that wait, at least `cooldown` after
// the last time.
//
// snapshot() and generation() may be called from any thread and never block for long; wait_for_keys() neither.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "auth/discovery.h"
#include "auth/issuer_options.h"
#include "base/clock.h"
#include "base/log.h"

namespace tessera::auth {

struct IssuerTiming {
  Millis ask_timeout{4000};  // of one question; discovery and keys are two
  Millis cooldown{3000};
  Millis min_refresh{60'000};
  Millis first_retry{1000};
  Millis longest_retry{15'000};
  Millis stale{24 * 3600 * 1000};
  std::size_t max_waiting = 1024;
};

class Issuer {
 public:
  // `clock` and `log` are borrowed. Nothing is asked before start().
  Issuer(IssuerOptions options, IssuerTiming timing, Fetch fetch, const Clock& clock, Log& log);
  ~Issuer();

  void start();
  // Ends the thread (within one question) and calls everybody who waits. Harmless when repeated.
  void stop();

  const IssuerOptions& options() const { return options_; }
  Millis ask_timeout() const { return timing_.ask_timeout; }

  struct Snapshot {
    std::shared_ptr<const KeySet> keys;          // null: none known, or none that are still good
    std::shared_ptr<const Discovery> discovery;  // null: not had yet
    bool away = false;                           // the last question failed
  };
  Snapshot snapshot() const;

  // Changes whenever what was accepted by the keys so far may not be by those of now.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  // `then` is called once, on the issuer's thread, when a question was answered or failed; it must not block. `fresh`
  // says that no newer answer would say more: the question began after this call, or failed. False: too many wait
  // already, or the issuer was stopped.
  using Then = std::function<void(bool fresh)>;
  bool wait_for_keys(Then then);

  struct Counters {
    std::uint64_t fetched, failed;  // questions for keys
    std::size_t keys, waiting;
    double age_seconds;  // of the keys; below zero: there are none
  };
  Counters counters() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  void run();
  Time next_turn() const;  // with mutex_ held
  void ask();
  Status ask_once(std::shared_ptr<const Discovery>& discovery, FetchedKeys& keys);
  void take(std::shared_ptr<const Discovery> discovery, FetchedKeys fetched, Time asked);
  void take_failure(const Status& why);
  void expire_keys();

  const IssuerOptions options_;
  const IssuerTiming timing_;
  const Fetch fetch_;
  const Clock& clock_;
  Log& log_;
  std::atomic<std::uint64_t> generation_{1};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_, as all below.
  std::shared_ptr<const KeySet> keys_;
  std::shared_ptr<const Discovery> discovery_;
  bool away_ = false;
  Time asked_{};     // when the last question began
  Time answered_{};  // when the keys that are known were asked for
  Time refresh_{};   // when to ask next, in turn
  Millis retry_{0};
  std::uint64_t fetched_ = 0;
  std::uint64_t failed_ = 0;
  struct Waiter {
    Time since;
    Then then;
  };
  std::deque<Waiter> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tessera::auth
