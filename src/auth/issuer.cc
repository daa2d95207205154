#include "auth/issuer.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace tessera::auth {

Issuer::Issuer(IssuerOptions options, IssuerTiming timing, Fetch fetch, const Clock& clock, Log& log)
    : options_(std::move(options)), timing_(timing), fetch_(std::move(fetch)), clock_(clock), log_(log) {}

Issuer::~Issuer() {
  stop();
}

void Issuer::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "issuer");
    run();
  });
}

void Issuer::stop() {
  std::deque<Waiter> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left = std::exchange(waiting_, {});
  }
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  for (const Waiter& waiter : left) {
    waiter.then(false);
  }
}

Issuer::Snapshot Issuer::snapshot() const {
  const std::lock_guard lock(mutex_);
  const bool good = keys_ != nullptr && clock_.now() - answered_ < timing_.stale;
  return {good ? keys_ : nullptr, discovery_, away_};
}

bool Issuer::wait_for_keys(Then then) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= timing_.max_waiting) {
      return false;
    }
    waiting_.push_back({clock_.now(), std::move(then)});
  }
  wake_.notify_all();
  return true;
}

Issuer::Counters Issuer::counters() const {
  const std::lock_guard lock(mutex_);
  const double age = std::chrono::duration<double>(clock_.now() - answered_).count();
  return {fetched_, failed_, keys_ != nullptr ? keys_->size() : 0, waiting_.size(), keys_ != nullptr ? age : -1};
}

Issuer::Time Issuer::next_turn() const {
  if (waiting_.empty()) {
    return refresh_;
  }
  return std::min(refresh_, asked_ + timing_.cooldown);
}

void Issuer::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const Time now = clock_.now();
    const Time turn = asked_ == Time{} ? now : next_turn();
    if (now < turn) {
      const auto rest = std::min<std::chrono::steady_clock::duration>(turn - now, std::chrono::seconds(30));
      wake_.wait_for(lock, rest);
      expire_keys();
      continue;
    }
    lock.unlock();
    ask();
    lock.lock();
  }
}

// What is too old counts no more, and neither do tokens that were accepted by it.
void Issuer::expire_keys() {
  if (keys_ != nullptr && clock_.now() - answered_ >= timing_.stale) {
    keys_ = nullptr;
    generation_.fetch_add(1, std::memory_order_release);
    log_.warning("an issuer's keys are too old to be used", {{"issuer", options_.url}});
  }
}

Status Issuer::ask_once(std::shared_ptr<const Discovery>& discovery, FetchedKeys& keys) {
  if (discovery == nullptr) {
    TRY_ASSIGN(Discovery found, fetch_discovery(options_, fetch_, timing_.ask_timeout));
    discovery = std::make_shared<const Discovery>(std::move(found));
  }
  TRY_ASSIGN(keys, fetch_keys(options_, discovery->jwks_uri, fetch_, timing_.ask_timeout));
  return {};
}

void Issuer::ask() {
  std::shared_ptr<const Discovery> discovery;
  const Time asked = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    asked_ = asked;
    // Out of turn only the keys are asked for; in turn, and after a failure, where they are as well.
    discovery = !away_ && asked < refresh_ ? discovery_ : nullptr;
  }
  FetchedKeys fetched;
  const Status status = ask_once(discovery, fetched);
  std::deque<Waiter> served;
  {
    const std::lock_guard lock(mutex_);
    if (status.ok()) {
      take(std::move(discovery), std::move(fetched), asked);
    } else {
      take_failure(status);
    }
    served = std::exchange(waiting_, {});
  }
  for (const Waiter& waiter : served) {
    waiter.then(!status.ok() || waiter.since <= asked);
  }
}

void Issuer::take(std::shared_ptr<const Discovery> discovery, FetchedKeys fetched, Time asked) {
  const bool changed = keys_ == nullptr || !keys_->same_as(*fetched.keys);
  if (changed || away_) {
    log_.info("keys of an issuer",
              {{"issuer", options_.url}, {"keys", fetched.keys->size()}, {"left_out", fetched.keys->left_out()}});
  }
  if (changed) {
    keys_ = std::move(fetched.keys);
    generation_.fetch_add(1, std::memory_order_release);
  }
  discovery_ = std::move(discovery);
  away_ = false;
  answered_ = asked;
  ++fetched_;
  retry_ = Millis(0);
  const Millis longest = options_.jwks_refresh;
  const Millis wanted = fetched.max_age.count() >= 0 ? Millis(fetched.max_age) : longest;
  refresh_ = asked + std::clamp(wanted, std::min(timing_.min_refresh, longest), longest);
}

void Issuer::take_failure(const Status& why) {
  if (!away_) {  // once for every outage
    log_.warning("an issuer does not answer", {{"issuer", options_.url}, {"why", why.message()}});
  }
  away_ = true;
  ++failed_;
  retry_ = retry_.count() == 0 ? timing_.first_retry : std::min(retry_ * 2, timing_.longest_retry);
  refresh_ = clock_.now() + retry_;
  expire_keys();
}

}  // namespace tessera::auth
