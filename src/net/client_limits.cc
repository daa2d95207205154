#include "net/client_limits.h"

#include <algorithm>
#include <cstring>

namespace tessera::net {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr unsigned kSubscriberBits = 64;  // of an IPv6 address
constexpr double kNanos = 1e9;

std::int64_t nanos(TokenBucket::Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

// How far ahead of now the bucket may be filled, and what one token weighs.
std::int64_t token_weight(const TokenBucket::Limit& limit) {
  return static_cast<std::int64_t>(kNanos / limit.rate);
}
std::int64_t capacity(const TokenBucket::Limit& limit) {
  return static_cast<std::int64_t>(std::max(1.0, limit.burst) * kNanos / limit.rate);
}

std::optional<std::chrono::nanoseconds> wait_at(std::int64_t full_again, const TokenBucket::Limit& limit,
                                                std::int64_t now) {
  const std::int64_t over = std::max(full_again, now) + token_weight(limit) - capacity(limit) - now;
  return over > 0 ? std::optional(std::chrono::nanoseconds(over)) : std::nullopt;
}

}  // namespace

std::optional<std::chrono::nanoseconds> TokenBucket::wait(const Limit& limit, Time now) const {
  return limit.rate <= 0 ? std::nullopt : wait_at(full_again_.load(kRelaxed), limit, nanos(now));
}

std::optional<std::chrono::nanoseconds> TokenBucket::take(const Limit& limit, Time now) {
  if (limit.rate <= 0) {
    return std::nullopt;
  }
  const std::int64_t at = nanos(now);
  std::int64_t full_again = full_again_.load(kRelaxed);
  while (true) {
    if (const auto wait = wait_at(full_again, limit, at)) {
      return wait;
    }
    if (full_again_.compare_exchange_weak(full_again, std::max(full_again, at) + token_weight(limit), kRelaxed)) {
      return std::nullopt;
    }
  }
}

std::size_t ClientLimits::Hash::operator()(const IpAddress& address) const {
  std::uint64_t high = 0, low = 0;
  std::memcpy(&high, address.bytes().data(), 8);
  std::memcpy(&low, address.bytes().data() + 8, 8);
  const std::uint64_t mixed = (high ^ (low * 0x9E3779B97F4A7C15u)) * 0xFF51AFD7ED558CCDu;
  return static_cast<std::size_t>(mixed ^ (mixed >> 32));
}

std::shared_ptr<ClientLimits::Client> ClientLimits::find(const IpAddress& address) {
  if (options_.exempt.contains(address)) {
    return nullptr;
  }
  const IpAddress key = address.is_v4() ? address : address.network(kSubscriberBits);
  Shard& shard = shards_[Hash()(key) % kShards];
  const std::lock_guard lock(shard.mutex);
  const auto known = shard.found.find(key);
  if (known != shard.found.end()) {
    shard.by_age.splice(shard.by_age.begin(), shard.by_age, known->second);
    return known->second->client;
  }
  shard.by_age.push_front({key, std::make_shared<Client>()});
  shard.found.emplace(key, shard.by_age.begin());
  const std::shared_ptr<Client> made = shard.by_age.front().client;
  forget_oldest(shard);
  return made;
}

// Who has a connection is skipped, and put to the front: it is not idle. A few steps at most: the table may be over its
// size by what is connected, never by more.
void ClientLimits::forget_oldest(Shard& shard) const {
  constexpr int kSteps = 4;
  const std::size_t most = std::max<std::size_t>(1, options_.remembered / kShards);
  for (int step = 0; step < kSteps && shard.by_age.size() > most; ++step) {
    const auto oldest = std::prev(shard.by_age.end());
    if (oldest->client.use_count() > 1) {
      shard.by_age.splice(shard.by_age.begin(), shard.by_age, oldest);
      continue;
    }
    shard.found.erase(oldest->address);
    shard.by_age.erase(oldest);
  }
}

std::size_t ClientLimits::remembered() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    count += shard.by_age.size();
  }
  return count;
}

ClientSeat::ClientSeat(ClientLimits& limits, const IpAddress& peer)
    : limits_(limits),
      peer_(peer),
      behind_proxy_(limits.options().trusted_proxies.contains(peer)),
      address_(peer),
      client_text_(peer.text()) {
  if (behind_proxy_) {
    return;  // whose client it is, each request tells
  }
  client_ = limits.find(peer);
  const std::uint32_t most = limits.options().connections;
  if (client_ != nullptr && client_->connections.fetch_add(1, kRelaxed) >= most && most != 0) {
    limits.counters().connections.fetch_add(1, kRelaxed);
    free_ = false;
  }
}

ClientSeat::~ClientSeat() {
  leave();
}

void ClientSeat::leave() {
  end();
  if (client_ != nullptr && !behind_proxy_) {
    client_->connections.fetch_sub(1, kRelaxed);
  }
  client_.reset();
}

bool ClientSeat::must_rest() {
  if (client_ == nullptr || behind_proxy_ ||
      !client_->malformed.wait(limits_.options().malformed, limits_.clock().now())) {
    return false;
  }
  limits_.counters().malformed.fetch_add(1, kRelaxed);
  return true;
}

std::optional<Response> ClientSeat::begin(Request& request) {
  end();
  if (behind_proxy_) {
    const IpAddress asking = forwarded_client(peer_, limits_.options().trusted_proxies, request.fields);
    if (!(asking == address_) || client_ == nullptr) {
      address_ = asking;
      client_text_ = asking.text();
      client_ = limits_.find(asking);
    }
  }
  request.client = client_text_;
  if (client_ == nullptr) {
    return std::nullopt;
  }
  const ClientLimitOptions& options = limits_.options();
  const auto now = limits_.clock().now();
  if (const auto wait = client_->requests.take(options.requests, now)) {
    limits_.counters().rate.fetch_add(1, kRelaxed);
    return refuse(*wait, "There are too many requests from your address; try again a little later.");
  }
  if (const auto wait = client_->malformed.wait(options.malformed, now); wait && behind_proxy_) {
    limits_.counters().malformed.fetch_add(1, kRelaxed);
    return refuse(*wait, "There were too many malformed requests from your address; try again a little later.");
  }
  if (const auto wait = client_->failures.wait(options.failures, now); wait && request.has_field("Authorization")) {
    limits_.counters().failures.fetch_add(1, kRelaxed);
    return refuse(*wait, "There were too many wrong credentials from your address; try again a little later.");
  }
  in_flight_ = true;
  const std::uint32_t before = client_->in_flight.fetch_add(1, kRelaxed);
  if (options.concurrent_requests != 0 && before >= options.concurrent_requests) {
    end();
    limits_.counters().concurrency.fetch_add(1, kRelaxed);
    return refuse(std::chrono::seconds(1),
                  "There are too many requests at once from your address; wait for one to end.");
  }
  return std::nullopt;
}

std::optional<Response> ClientSeat::refuse(std::chrono::nanoseconds wait, std::string_view why) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  Response response;
  response.status = 429;
  response.set("Retry-After", std::to_string(std::max<std::int64_t>(1, seconds)));
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.set("Cache-Control", "no-store");
  response.body = std::string(why) + "\n";
  response.route = "limit";
  return response;
}

void ClientSeat::answered(const Request& request, const Response& response) {
  if (client_ == nullptr) {
    return;
  }
  if (response.status == 401 && request.has_field("Authorization")) {
    (void)client_->failures.take(limits_.options().failures, limits_.clock().now());
  }
  if (response.malformed) {
    (void)client_->malformed.take(limits_.options().malformed, limits_.clock().now());
  }
}

void ClientSeat::end() {
  if (in_flight_) {
    in_flight_ = false;
    client_->in_flight.fetch_sub(1, kRelaxed);
  }
}

}  // namespace tessera::net
