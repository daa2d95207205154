// ClientLimits: how much of the server one client may have: requests a second, requests at once, connections, failed
// authentications and malformed requests. A client is an IPv4 address or an IPv6 /64 (what one subscriber has); behind
// a trusted proxy, the address that it forwards.
//
// What is remembered of a client is a few atomics: a connection looks its client up once (one lock of sixteen, for a
// hash look-up), a request costs no lock. At most `remembered` clients without a connection are kept, the one that
// was seen longest ago goes first. Safe from all loops; outlives every ClientSeat.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "net/http.h"
#include "net/ip_address.h"

namespace tessera::net {

// At most `rate` a second, and `burst` at once after a rest: a bucket that is one number, the time at which it is full
// again (the generic cell rate algorithm). Lock-free.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Limit {
    double rate = 0;  // 0: none
    double burst = 1;
  };

  // Nothing when a token was taken; else how long until there is one.
  std::optional<std::chrono::nanoseconds> take(const Limit& limit, Time now);
  // The same question, without taking.
  std::optional<std::chrono::nanoseconds> wait(const Limit& limit, Time now) const;

 private:
  std::atomic<std::int64_t> full_again_{0};  // nanoseconds of the steady clock
};

struct ClientLimitOptions {
  TokenBucket::Limit requests = {};
  TokenBucket::Limit failures = {};       // authentications that were answered 401
  TokenBucket::Limit malformed = {};      // requests whose answer says so (Response::malformed)
  std::uint32_t concurrent_requests = 0;  // 0: no limit
  std::uint32_t connections = 0;          // 0: no limit
  std::size_t remembered = 65'536;
  AddressSet exempt = {};  // nothing is counted of these
  AddressSet trusted_proxies =
      {};  // whose X-Forwarded-For and Forwarded are believed; their connections are not counted
};

class ClientLimits {
 public:
  struct Client {
    TokenBucket requests, failures, malformed;
    std::atomic<std::uint32_t> in_flight{0};
    std::atomic<std::uint32_t> connections{0};
  };
  // What was refused or held up, for the metrics.
  struct Counters {
    std::atomic<std::uint64_t> rate{0}, concurrency{0}, connections{0}, failures{0}, malformed{0};
  };

  // `clock` is borrowed.
  ClientLimits(ClientLimitOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  const ClientLimitOptions& options() const { return options_; }
  const Clock& clock() const { return clock_; }
  Counters& counters() { return counters_; }

  // None for who is exempt.
  std::shared_ptr<Client> find(const IpAddress& address);
  std::size_t remembered() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Hash {
    std::size_t operator()(const IpAddress& address) const;
  };
  struct Entry {
    IpAddress address;
    std::shared_ptr<Client> client;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> by_age;                                                // guarded by mutex; the one seen last first
    std::unordered_map<IpAddress, std::list<Entry>::iterator, Hash> found;  // guarded by mutex
  };
  void forget_oldest(Shard& shard) const;

  const ClientLimitOptions options_;
  const Clock& clock_;
  Counters counters_;
  std::array<Shard, kShards> shards_;
};

// One connection's place among its client's. On the connection's loop thread.
class ClientSeat {
 public:
  ClientSeat(ClientLimits& limits, const IpAddress& peer);
  ClientSeat(const ClientSeat&) = delete;
  ClientSeat& operator=(const ClientSeat&) = delete;
  ~ClientSeat();

  // False above the client's limit of connections: to be closed.
  bool is_free() const { return free_; }

  // Whether the client sent so many malformed requests that this connection rests for up to a second before it is read
  // again. Refused at once, it would send the next at once. Never a proxy's connection, which others share: begin()
  // refuses there.
  bool must_rest();

  // A request's head is here: nothing, or the 429 to answer it with. Sets request.client.
  std::optional<Response> begin(Request& request);
  // A refused credential is counted, and a malformed request.
  void answered(const Request& request, const Response& response);
  // It is over; harmless when there was none.
  void end();
  // The connection is closed: nothing counts for it any more. client() stays as it is.
  void leave();

  // The address of whoever asked last.
  const std::string& client() const { return client_text_; }
  bool behind_proxy() const { return behind_proxy_; }

 private:
  std::optional<Response> refuse(std::chrono::nanoseconds wait, std::string_view why);

  ClientLimits& limits_;
  const IpAddress peer_;
  const bool behind_proxy_;
  bool free_ = true;
  bool in_flight_ = false;
  IpAddress address_;
  std::string client_text_;
  std::shared_ptr<ClientLimits::Client> client_;  // shared with the table, so that forgetting never hurts
};

}  // namespace tessera::net
