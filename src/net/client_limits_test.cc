#include "net/client_limits.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/fake_clock.h"

namespace tessera::net {
namespace {

using std::chrono::milliseconds;
using test::FakeClock;

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

AddressSet networks(std::vector<std::string> names) {
  auto parsed = AddressSet::parse(names);
  EXPECT_TRUE(parsed.ok());
  return std::move(*parsed);
}

int ask(ClientSeat& seat, std::string_view forwarded = "", std::string_view authorization = "") {
  Request request;
  if (!forwarded.empty()) {
    request.fields.emplace_back("X-Forwarded-For", forwarded);
  }
  if (!authorization.empty()) {
    request.fields.emplace_back("Authorization", authorization);
  }
  const auto refusal = seat.begin(request);
  Response response;
  response.status = refusal ? refusal->status : authorization == "wrong" ? 401 : 200;
  seat.answered(request, response);
  return response.status;
}

void send_garbage(ClientSeat& seat, std::string_view forwarded = "") {
  ASSERT_EQ(ask(seat, forwarded), 200);
  Response response;
  response.status = 400;
  response.malformed = true;
  seat.answered(Request(), response);
}

TEST(TokenBucket, after_a_rest_a_burst_and_then_the_rate) {
  FakeClock clock;
  TokenBucket bucket;
  const TokenBucket::Limit limit{10, 5};
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(bucket.take(limit, clock.now())) << i;
  }
  EXPECT_EQ(bucket.take(limit, clock.now()), milliseconds(100));
  clock.advance(milliseconds(100));
  EXPECT_FALSE(bucket.take(limit, clock.now()));
  EXPECT_TRUE(bucket.take(limit, clock.now()));
  clock.advance(std::chrono::hours(1));
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(bucket.take(limit, clock.now())) << "a long rest gives no more than the burst";
  }
  EXPECT_TRUE(bucket.take(limit, clock.now()));
}

TEST(TokenBucket, a_rate_of_zero_refuses_nothing) {
  FakeClock clock;
  TokenBucket bucket;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(bucket.take({0, 1}, clock.now()));
  }
}

TEST(TokenBucket, threads_together_get_no_token_twice) {
  FakeClock clock;
  TokenBucket bucket;
  std::atomic<int> taken{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) {
          taken += bucket.take({1, 500}, clock.now()) ? 0 : 1;
        }
      });
    }
  }
  EXPECT_EQ(taken, 500);
}

TEST(ClientLimits, one_client_does_not_use_up_anothers) {
  FakeClock clock;
  ClientLimits limits({.requests = {1, 3}}, clock);
  ClientSeat greedy(limits, ip("192.0.2.1")), same_client(limits, ip("192.0.2.1")), other(limits, ip("192.0.2.2"));
  EXPECT_EQ(ask(greedy), 200);
  EXPECT_EQ(ask(same_client), 200);
  EXPECT_EQ(ask(greedy), 200);
  EXPECT_EQ(ask(same_client), 429);
  EXPECT_EQ(ask(other), 200);
  EXPECT_EQ(limits.counters().rate, 1u);
}

TEST(ClientLimits, a_refusal_says_when_to_come_back_and_why) {
  FakeClock clock;
  ClientLimits limits({.requests = {0.1, 1}}, clock);
  ClientSeat seat(limits, ip("192.0.2.1"));
  EXPECT_EQ(ask(seat), 200);
  Request request;
  const auto refusal = seat.begin(request);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->fields.front(), std::pair(std::string("Retry-After"), std::string("10")));
  EXPECT_GT(std::get<std::string>(refusal->body).size(), 20u);
}

TEST(ClientLimits, an_ipv6_client_is_its_64_bits) {
  FakeClock clock;
  ClientLimits limits({.requests = {1, 1}}, clock);
  ClientSeat one(limits, ip("2001:db8:1:2::1")), two(limits, ip("2001:db8:1:2:ffff::9")),
      else_(limits, ip("2001:db8:1:3::1"));
  EXPECT_EQ(ask(one), 200);
  EXPECT_EQ(ask(two), 429);
  EXPECT_EQ(ask(else_), 200);
}

TEST(ClientLimits, requests_at_once_are_counted_over_connections_and_given_back) {
  FakeClock clock;
  ClientLimits limits({.concurrent_requests = 2}, clock);
  ClientSeat a(limits, ip("192.0.2.1")), b(limits, ip("192.0.2.1"));
  auto c = std::make_unique<ClientSeat>(limits, ip("192.0.2.1"));
  EXPECT_EQ(ask(a), 200);
  EXPECT_EQ(ask(*c), 200);
  EXPECT_EQ(ask(b), 429);
  a.end();
  a.end();
  EXPECT_EQ(ask(b), 200);
  EXPECT_EQ(ask(a), 429);
  c.reset();
  EXPECT_EQ(ask(a), 200);
}

TEST(ClientLimits, connections_are_counted_and_given_back) {
  FakeClock clock;
  ClientLimits limits({.connections = 2}, clock);
  auto first = std::make_unique<ClientSeat>(limits, ip("192.0.2.1"));
  ClientSeat second(limits, ip("192.0.2.1"));
  EXPECT_FALSE(ClientSeat(limits, ip("192.0.2.1")).is_free());
  first->leave();
  first.reset();
  EXPECT_TRUE(ClientSeat(limits, ip("192.0.2.1")).is_free());
}

TEST(ClientLimits, wrong_credentials_run_out_and_those_without_go_on) {
  FakeClock clock;
  ClientLimits limits({.failures = {1, 3}}, clock);
  ClientSeat seat(limits, ip("192.0.2.1"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask(seat, "", "wrong"), 401);
  }
  EXPECT_EQ(ask(seat, "", "wrong"), 429);
  EXPECT_EQ(ask(seat, "", "right"), 429) << "or a guess would tell that it was right";
  EXPECT_EQ(ask(seat), 200);
  clock.advance(milliseconds(1000));
  EXPECT_EQ(ask(seat, "", "right"), 200);
}

TEST(ClientLimits, who_is_exempt_has_no_limit) {
  FakeClock clock;
  ClientLimits limits({.requests = {1, 1}, .connections = 1, .exempt = networks({"10.0.0.0/8"})}, clock);
  ClientSeat one(limits, ip("10.1.2.3")), two(limits, ip("10.1.2.3"));
  EXPECT_TRUE(two.is_free());
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ask(one), 200);
  }
  EXPECT_EQ(limits.remembered(), 0u);
}

TEST(ClientLimits, behind_a_trusted_proxy_each_forwarded_client_has_its_own) {
  FakeClock clock;
  ClientLimits limits({.requests = {1, 1}, .connections = 1, .trusted_proxies = networks({"10.0.0.1"})}, clock);
  ClientSeat proxy(limits, ip("10.0.0.1")), again(limits, ip("10.0.0.1"));
  EXPECT_TRUE(again.is_free()) << "a proxy's connections are not one client's";
  EXPECT_EQ(ask(proxy, "198.51.100.1"), 200);
  EXPECT_EQ(proxy.client(), "198.51.100.1");
  EXPECT_EQ(ask(again, "198.51.100.1"), 429);
  EXPECT_EQ(ask(proxy, "198.51.100.2"), 200);
}

TEST(ClientLimits, what_others_forward_is_not_believed) {
  FakeClock clock;
  ClientLimits limits({.requests = {1, 1}}, clock);
  ClientSeat spoofer(limits, ip("192.0.2.9"));
  EXPECT_EQ(ask(spoofer, "198.51.100.1"), 200);
  EXPECT_EQ(ask(spoofer, "198.51.100.2"), 429);
  EXPECT_EQ(spoofer.client(), "192.0.2.9");
}

TEST(ClientLimits, a_million_clients_are_not_remembered) {
  FakeClock clock;
  ClientLimits limits({.requests = {1, 1}, .remembered = 1600}, clock);
  ClientSeat stays(limits, ip("203.0.113.1"));
  EXPECT_EQ(ask(stays), 200);
  for (unsigned i = 0; i < 20'000; ++i) {
    (void)limits.find(
        ip("10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255)));
  }
  EXPECT_LE(limits.remembered(), 1616u);
  ClientSeat same_client(limits, ip("203.0.113.1"));
  EXPECT_EQ(ask(same_client), 429) << "who is connected is not forgotten";
}

TEST(ClientSeat, who_sends_garbage_over_and_over_rests_and_is_read_again_after_a_while) {
  FakeClock clock;
  ClientLimitOptions options;
  options.malformed = {10, 3};
  ClientLimits limits(std::move(options), clock);
  ClientSeat seat(limits, ip("192.0.2.1"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(seat.must_rest()) << i;
    send_garbage(seat);
  }
  EXPECT_TRUE(seat.must_rest());
  EXPECT_TRUE(ClientSeat(limits, ip("192.0.2.1")).must_rest()) << "a new connection helps nobody";
  EXPECT_FALSE(ClientSeat(limits, ip("192.0.2.2")).must_rest()) << "others are not held up";
  EXPECT_EQ(limits.counters().malformed, 2u);
  clock.advance(milliseconds(100));
  EXPECT_FALSE(seat.must_rest());
}

TEST(ClientSeat, well_formed_requests_never_make_a_client_rest) {
  FakeClock clock;
  ClientLimitOptions options;
  options.malformed = {10, 3};
  ClientLimits limits(std::move(options), clock);
  ClientSeat seat(limits, ip("192.0.2.1"));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(ask(seat), 200);
    EXPECT_FALSE(seat.must_rest());
  }
}

TEST(ClientSeat, behind_a_proxy_garbage_is_refused_and_the_shared_connection_is_read_on) {
  FakeClock clock;
  ClientLimitOptions options;
  options.malformed = {10, 3};
  options.trusted_proxies = networks({"10.0.0.1"});
  ClientLimits limits(std::move(options), clock);
  ClientSeat seat(limits, ip("10.0.0.1"));
  for (int i = 0; i < 3; ++i) {
    send_garbage(seat, "192.0.2.1");
  }
  EXPECT_FALSE(seat.must_rest());
  EXPECT_EQ(ask(seat, "192.0.2.1"), 429);
  EXPECT_EQ(ask(seat, "192.0.2.2"), 200);
}

}  // namespace
}  // namespace tessera::net
