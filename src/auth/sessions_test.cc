// From a cookie to whoever it stands for: when it counts, and when not.
#include "auth/sessions.h"

#include <gtest/gtest.h>

#include <future>

#include "auth/cookies.h"
#include "auth/renewals.h"
#include "support/fake_clock.h"

namespace tessera::auth {

namespace {

Session sample() {
  return {"id-1", "access.token", "refresh", "alice", "Alice", 1'700'000'300};
}

struct World {
  // As a browser sends back what it was told.
  std::string cookie(const Session& session) {
    std::string out;
    const auto set = sessions.set(session);
    for (const std::string& one : *set) {
      if (one.find("Max-Age=0") == std::string::npos) {
        out += (out.empty() ? "" : "; ") + one.substr(0, one.find(';'));
      }
    }
    return out;
  }
  static net::Request request(std::string_view cookie, std::string_view site = "same-origin") {
    net::Request out;
    out.fields = {{"Cookie", cookie}, {"sec-fetch-site", site}};
    return out;
  }

  test::FakeClock clock;
  Seal seal = std::move(Seal::from_key(std::string(Seal::kKeyBytes, 'k')).value());
  Sessions sessions{seal, clock};
};

}  // namespace

TEST(Sessions, what_is_set_is_found) {
  World world;
  const std::string cookie = world.cookie(sample());
  for (int times = 0; times < 2; ++times) {  // unsealed, then remembered
    const SessionPtr found = world.sessions.find(World::request(cookie));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(session_text(*found), session_text(sample()));
  }
}

TEST(Sessions, a_request_that_the_page_itself_did_not_make_brings_none) {
  World world;
  const std::string cookie = world.cookie(sample());
  for (const char* site : {"cross-site", "same-site", "none", "", "SAME-ORIGIN", "same-origin, same-origin"}) {
    EXPECT_EQ(world.sessions.find(World::request(cookie, site)), nullptr) << site;
  }
  net::Request request = World::request(cookie);
  request.fields.pop_back();
  EXPECT_EQ(world.sessions.find(request), nullptr) << "a client that does not say so is no browser";
  request = World::request(cookie);
  request.fields.emplace_back("Sec-Fetch-Site", "cross-site");
  EXPECT_EQ(world.sessions.find(request), nullptr);
  request = World::request(cookie);
  request.fields.emplace_back("Cookie", "a=1");
  EXPECT_EQ(world.sessions.find(request), nullptr);
}

TEST(Sessions, one_that_was_not_renewed_is_over_after_its_time_also_where_it_is_remembered) {
  World world;
  const std::string cookie = world.cookie(sample());
  ASSERT_NE(world.sessions.find(World::request(cookie)), nullptr);
  world.clock.advance(Millis(Sessions::kIdleSeconds * 1000));
  EXPECT_EQ(world.sessions.find(World::request(cookie)), nullptr);
}

TEST(Sessions, one_that_ended_counts_no_more_in_any_of_its_cookies) {
  World world;
  const std::string first = world.cookie(sample());
  const std::string second = world.cookie(sample());
  ASSERT_NE(world.sessions.find(World::request(first)), nullptr);
  world.sessions.end(sample());
  EXPECT_EQ(world.sessions.find(World::request(first)), nullptr);
  EXPECT_EQ(world.sessions.find(World::request(second)), nullptr);
  Session other = sample();
  other.id = "id-2";
  EXPECT_NE(world.sessions.find(World::request(world.cookie(other))), nullptr);
}

TEST(Sessions, what_is_sealed_for_something_else_or_by_another_key_is_none) {
  World world;
  const std::int64_t later = world.clock.wall_millis() / 1000 + 60;
  const auto as_cookie = [](const std::string& sealed) { return std::string(Sessions::kCookie) + "=1." + sealed; };
  const std::string text = session_text(sample());
  EXPECT_NE(world.sessions.find(World::request(as_cookie(world.seal.seal("session", later, text).value()))), nullptr);
  EXPECT_EQ(world.sessions.find(World::request(as_cookie(world.seal.seal("login", later, text).value()))), nullptr);
  const Seal other = std::move(Seal::from_key(std::string(Seal::kKeyBytes, 'o')).value());
  EXPECT_EQ(world.sessions.find(World::request(as_cookie(other.seal("session", later, text).value()))), nullptr);
}

TEST(Sessions, tokens_of_several_kilobytes_fit_and_larger_ones_are_told) {
  World world;
  Session session = sample();
  session.access_token = std::string(9000, 'a');
  EXPECT_NE(world.sessions.find(World::request(world.cookie(session))), nullptr);
  session.refresh_token = std::string(3000, 'r');
  EXPECT_EQ(world.sessions.set(session).status().code(), Code::TooLarge);
}

TEST(Sessions, a_text_that_is_no_session_is_none) {
  const std::string good = session_text(sample());
  ASSERT_TRUE(read_session(good).has_value());
  for (const std::string& text : {std::string(), std::string("\n\n\n\n\n"), good + "\nmore", good.substr(0, 20),
                                  std::string("id\nx\ntoken\nr\ns\nn"), std::string("id\n1 \ntoken\nr\ns\nn"),
                                  std::string("id\n1\nto ken\nr\ns\nn"), std::string("\n1\ntoken\nr\ns\nn")}) {
    EXPECT_FALSE(read_session(text).has_value()) << text;
  }
}

// Renewals

namespace {

struct Renewing {
  explicit Renewing(std::size_t max_waiting = 64)
      : pool("renewals", 2),
        renewals(
            pool, clock,
            [this](const Session& old) -> Result<Session> {
              const int now = ++asked;
              gate.get_future().wait();
              gate = {};
              return answer.ok() ? Result<Session>(next(old, now)) : answer;
            },
            max_waiting) {}

  static Session next(Session session, int number) {
    session.refresh_token = "refresh-" + std::to_string(number);
    return session;
  }
  std::future<Result<SessionPtr>> renew(const Session& session) {
    auto promise = std::make_shared<std::promise<Result<SessionPtr>>>();
    renewals.renew(std::make_shared<const Session>(session),
                   [promise](const Result<SessionPtr>& result) { promise->set_value(result); });
    return promise->get_future();
  }

  test::FakeClock clock;
  Status answer;
  std::atomic<int> asked{0};
  std::promise<void> gate;
  Pool pool;
  Renewals renewals;
};

}  // namespace

TEST(Renewals, who_asks_at_once_or_soon_after_gets_the_same_session_and_the_issuer_is_asked_once) {
  Renewing world;
  auto first = world.renew(sample());
  auto second = world.renew(sample());
  world.gate.set_value();
  const SessionPtr renewed = first.get().value();
  EXPECT_EQ(renewed->refresh_token, "refresh-1");
  EXPECT_EQ(second.get().value(), renewed);
  world.clock.advance(Millis(Renewals::kSameAnswerMillis - 1));
  EXPECT_EQ(world.renew(sample()).get().value(), renewed);
  EXPECT_EQ(world.asked, 1);
  world.clock.advance(Millis(1));
  auto late = world.renew(sample());
  world.gate.set_value();
  EXPECT_EQ(late.get().value()->refresh_token, "refresh-2") << "the issuer is to say what it thinks of that";
}

TEST(Renewals, a_failure_is_told_to_all_who_wait_and_not_remembered) {
  Renewing world;
  world.answer = Status(Code::Unavailable, "away");
  auto first = world.renew(sample());
  auto second = world.renew(sample());
  world.gate.set_value();
  EXPECT_EQ(first.get().status().code(), Code::Unavailable);
  EXPECT_EQ(second.get().status().code(), Code::Unavailable);
  world.answer = Status();
  auto third = world.renew(sample());
  world.gate.set_value();
  EXPECT_TRUE(third.get().ok());
}

TEST(Renewals, what_waits_is_bounded) {
  Renewing world(2);
  auto first = world.renew(sample());
  auto second = world.renew(sample());
  EXPECT_EQ(world.renew(sample()).get().status().code(), Code::Unavailable);
  world.gate.set_value();
  EXPECT_TRUE(first.get().ok() && second.get().ok());
}

TEST(Renewals, a_session_without_a_refresh_token_is_not_renewed) {
  Renewing world;
  Session session = sample();
  session.refresh_token = "";
  EXPECT_EQ(world.renew(session).get().status().code(), Code::Unauthenticated);
  EXPECT_EQ(world.asked, 0);
}

}  // namespace tessera::auth
