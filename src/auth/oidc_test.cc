// Issuers that answer, rotate their keys, fail and come back; and what that does to tokens.
#include "auth/oidc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "auth/tokens.h"
#include "support/fake_issuer.h"
#include "support/signed_token.h"

namespace tessera::auth {

namespace {

using test::FakeIssuer;
using test::SigningKey;

IssuerOptions options() {
  IssuerOptions out;
  out.url = FakeIssuer::kUrl;
  out.audiences = {"tessera"};
  return out;
}

IssuerOptions introspecting() {
  IssuerOptions out = options();
  out.introspection_client = "te ssera";
  out.introspection_secret = "s&cret";
  return out;
}

// Times short enough to wait for.
IssuerTiming quick() {
  IssuerTiming out;
  out.cooldown = Millis(150);
  out.first_retry = Millis(50);
  out.longest_retry = Millis(100);
  return out;
}

std::string token(const SigningKey& key, const std::string& kid = "a", const std::string& subject = "alice") {
  const std::int64_t now = SystemClock().wall_millis() / 1000;
  return key.sign("ES256", R"({"alg":"ES256","kid":")" + kid + "\"}",
                  R"({"iss":")" + std::string(FakeIssuer::kUrl) + R"(","aud":"tessera","sub":")" + subject +
                      R"(","exp":)" + std::to_string(now + 600) + "}");
}

struct World {
  explicit World(const SigningKey& key, IssuerOptions issuer = options(), IssuerTiming timing = quick())
      : provider(key.key_set()),
        log({.level = LogLevel::Off}),
        oidc({.issuers = {issuer}, .timing = timing, .fetch = provider.fetch(), .max_waiting = 8}, clock, log) {}

  // As the router does: from memory, else by asking.
  std::future<Result<Identity>> begin(const std::string& text) {
    auto promise = std::make_shared<std::promise<Result<Identity>>>();
    auto future = promise->get_future();
    if (auto known = oidc.known(text)) {
      promise->set_value(std::move(*known));
    } else {
      oidc.ask(text, [promise](Result<Identity> result) { promise->set_value(std::move(result)); });
    }
    return future;
  }
  Status judge(const std::string& text) { return begin(text).get().status(); }
  bool settles(const std::string& text, Code code, int seconds = 5) {
    for (int i = 0; i < seconds * 50; ++i) {
      if (judge(text).code() == code) {
        return true;
      }
      std::this_thread::sleep_for(Millis(20));
    }
    return false;
  }

  FakeIssuer provider;
  SystemClock clock;
  Log log;
  Oidc oidc;
};

const SigningKey& first_key() {
  static const SigningKey key = SigningKey::ec("P-256");
  return key;
}
const SigningKey& second_key() {
  static const SigningKey key = SigningKey::ec("P-256");
  return key;
}

std::string both_keys() {
  return R"({"keys":[)" + first_key().jwk(R"(,"kid":"a")") + "," + second_key().jwk(R"(,"kid":"b")") + "]}";
}

}  // namespace

TEST(Oidc, the_first_token_waits_for_the_keys_and_later_ones_for_nothing) {
  World world(first_key());
  world.provider.delay_millis = 100;
  world.oidc.start();
  const std::string text = token(first_key());
  EXPECT_FALSE(world.oidc.known(text).has_value());
  EXPECT_TRUE(world.judge(text).ok());
  ASSERT_TRUE(world.oidc.known(text).has_value());
  EXPECT_TRUE(world.oidc.known(text)->ok());
  EXPECT_GE(world.oidc.counters().cached, 2U);
  EXPECT_EQ(world.provider.asked("/keys"), 1);
  EXPECT_EQ(world.provider.asked("/.well-known/openid-configuration"), 1);
}

TEST(Oidc, a_token_of_an_issuer_that_is_not_configured_is_refused_without_asking_anybody) {
  World world(first_key());
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  const std::string text = first_key().sign("ES256", R"({"alg":"ES256","kid":"a"})",
                                            R"({"iss":"https://evil.example","aud":"tessera","sub":"x","exp":9e9})");
  ASSERT_TRUE(world.oidc.known(text).has_value());
  EXPECT_EQ(world.oidc.known(text)->status().code(), Code::Unauthenticated);
  EXPECT_EQ(world.provider.asked("/keys"), 1);
}

TEST(Oidc, a_rotated_key_is_asked_for_once_however_many_wait_and_all_of_them_pass) {
  World world(first_key());
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  world.provider.set("/keys", both_keys());
  world.provider.delay_millis = 50;
  std::vector<std::future<Result<Identity>>> waiting;
  for (int i = 0; i < 100; ++i) {
    waiting.push_back(world.begin(token(second_key(), "b", "user" + std::to_string(i))));
  }
  for (auto& future : waiting) {
    EXPECT_TRUE(future.get().ok());
  }
  EXPECT_LE(world.provider.asked("/keys"), 3);  // one, or two where the first was under way when the last came
  EXPECT_TRUE(world.judge(token(first_key())).ok());
}

TEST(Oidc, tokens_with_invented_keys_make_no_more_questions_than_the_cooldown_allows) {
  World world(first_key());
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  const auto began = std::chrono::steady_clock::now();
  for (int round = 0; round < 4; ++round) {
    std::vector<std::future<Result<Identity>>> waiting;
    for (int i = 0; i < 50; ++i) {
      waiting.push_back(world.begin(token(second_key(), "invented" + std::to_string(i))));
    }
    for (auto& future : waiting) {
      EXPECT_EQ(future.get().status().code(), Code::Unauthenticated);
    }
  }
  const auto millis = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - began).count();
  EXPECT_LE(world.provider.asked("/keys"), 2 + millis / 150);
}

TEST(Oidc, beyond_its_bound_a_waiting_token_is_told_to_come_back) {
  IssuerTiming timing = quick();
  timing.max_waiting = 5;
  World world(first_key(), options(), timing);
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  world.provider.delay_millis = 300;
  std::vector<std::future<Result<Identity>>> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(world.begin(token(second_key(), "b" + std::to_string(i))));
  }
  int away = 0;
  for (auto& future : waiting) {
    away += future.get().status().code() == Code::Unavailable;
  }
  EXPECT_GE(away, 10);
  EXPECT_TRUE(world.judge(token(first_key())).ok());
}

TEST(Oidc, an_issuer_that_is_down_at_the_start_is_503_and_recovers_by_itself) {
  World world(first_key());
  world.provider.down = true;
  world.oidc.start();
  EXPECT_EQ(world.judge(token(first_key())).code(), Code::Unavailable);
  EXPECT_EQ(world.judge("not.a.token").code(), Code::Unauthenticated);
  world.provider.down = false;
  EXPECT_TRUE(world.settles(token(first_key()), Code::Ok));
}

TEST(Oidc, during_an_outage_known_keys_go_on_and_unknown_ones_are_503_not_401) {
  IssuerOptions issuer = options();
  issuer.jwks_refresh = std::chrono::seconds(1);
  World world(first_key(), issuer);
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  world.provider.down = true;
  EXPECT_EQ(world.judge(token(second_key(), "b")).code(), Code::Unavailable);
  EXPECT_TRUE(world.judge(token(first_key(), "a", "somebody else")).ok());
  EXPECT_EQ(world.judge(token(second_key(), "a")).code(), Code::Unauthenticated);  // a wrong signature is wrong
  world.provider.set("/keys", both_keys());
  world.provider.down = false;
  EXPECT_TRUE(world.settles(token(second_key(), "b"), Code::Ok));
}

TEST(Oidc, keys_that_are_too_old_count_no_more_and_neither_do_tokens_accepted_by_them) {
  IssuerOptions issuer = options();
  issuer.jwks_refresh = std::chrono::seconds(0);  // asked for at every turn, below what the configuration allows
  IssuerTiming timing = quick();
  timing.stale = Millis(400);
  timing.min_refresh = Millis(50);
  World world(first_key(), issuer, timing);
  world.provider.delay_millis = 20;
  world.oidc.start();
  const std::string text = token(first_key());
  ASSERT_TRUE(world.judge(text).ok());
  world.provider.down = true;
  EXPECT_TRUE(world.judge(text).ok());
  EXPECT_TRUE(world.settles(text, Code::Unavailable));
}

TEST(Oidc, a_key_that_was_withdrawn_ends_the_tokens_that_were_accepted_by_it) {
  IssuerOptions issuer = options();
  issuer.jwks_refresh = std::chrono::seconds(1);
  World world(first_key(), issuer);
  world.oidc.start();
  const std::string text = token(first_key());
  ASSERT_TRUE(world.judge(text).ok());
  world.provider.set("/keys", second_key().key_set(R"(,"kid":"b")"));
  EXPECT_TRUE(world.settles(text, Code::Unauthenticated));
}

TEST(Oidc, a_key_set_that_is_garbage_changes_nothing) {
  World world(first_key());
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  world.provider.set("/keys", "<html>maintenance</html>", 200, "text/html");
  EXPECT_EQ(world.judge(token(second_key(), "b")).code(), Code::Unavailable);
  EXPECT_TRUE(world.judge(token(first_key(), "a", "bob")).ok());
}

TEST(Oidc, who_waits_is_answered_when_the_server_stops) {
  World world(first_key());
  world.provider.delay_millis = 300;
  world.oidc.start();
  auto waiting = world.begin(token(first_key()));
  world.oidc.stop();
  ASSERT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST(Oidc, an_opaque_token_is_refused_where_nobody_can_be_asked) {
  World world(first_key());
  world.oidc.start();
  EXPECT_EQ(world.judge("abcdefghijklmnop").code(), Code::Unauthenticated);
}

TEST(Oidc, an_opaque_token_is_asked_about_once_and_remembered) {
  World world(first_key(), introspecting());
  world.provider.set("/introspect", R"({"active":true,"aud":"tessera","sub":"alice","scope":"a b"})");
  world.provider.delay_millis = 50;
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  std::vector<std::future<Result<Identity>>> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(world.begin("opaque+token/1=="));
  }
  for (auto& future : waiting) {
    const auto identity = future.get();
    ASSERT_TRUE(identity.ok());
    EXPECT_EQ(identity->subject, "alice");
    EXPECT_EQ(identity->proof, Proof::Introspection);
    EXPECT_EQ(identity->scopes, (std::vector<std::string>{"a", "b"}));
  }
  EXPECT_EQ(world.provider.asked("/introspect"), 1);
  EXPECT_EQ(world.provider.last_form(), "token=opaque%2Btoken%2F1%3D%3D&token_type_hint=access_token");
  EXPECT_TRUE(world.oidc.known("opaque+token/1==").has_value());
}

TEST(Oidc, an_opaque_token_that_is_not_active_is_401_and_an_endpoint_that_is_away_503) {
  World world(first_key(), introspecting());
  world.provider.set("/introspect", R"({"active":false})");
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  EXPECT_EQ(world.judge("opaque1").code(), Code::Unauthenticated);
  EXPECT_EQ(world.judge("opaque1").code(), Code::Unauthenticated);
  EXPECT_EQ(world.provider.asked("/introspect"), 1);
  for (const int status : {302, 401, 500}) {
    world.provider.set("/introspect", "{}", status);
    EXPECT_EQ(world.judge("opaque2").code(), Code::Unavailable) << status;
  }
  EXPECT_EQ(world.judge("no token, but words").code(), Code::Unauthenticated);
}

TEST(Oidc, more_opaque_tokens_than_may_wait_are_told_to_come_back) {
  World world(first_key(), introspecting());
  world.provider.set("/introspect", R"({"active":true,"aud":"tessera","sub":"alice"})");
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  world.provider.delay_millis = 200;
  std::vector<std::future<Result<Identity>>> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(world.begin("opaque" + std::to_string(i)));
  }
  int passed = 0, away = 0;
  for (auto& future : waiting) {
    const Status status = future.get().status();
    passed += status.ok();
    away += status.code() == Code::Unavailable;
  }
  EXPECT_EQ(passed, 8);
  EXPECT_EQ(away, 12);
}

TEST(Oidc, a_discovery_document_of_another_issuer_or_with_unsafe_addresses_is_refused) {
  FakeIssuer provider(first_key().key_set());
  const auto ask = [&provider] { return fetch_discovery(options(), provider.fetch(), Millis(1000)).status(); };
  const std::string path = "/.well-known/openid-configuration";
  ASSERT_TRUE(ask().ok());
  const std::string url = FakeIssuer::kUrl;
  for (const std::string& bad : {
           R"({"issuer":")" + url + R"(/","jwks_uri":")" + url + R"(/keys"})",
           std::string(R"({"issuer":"https://evil.example","jwks_uri":"https://evil.example/keys"})"),
           R"({"issuer":")" + url + R"(","jwks_uri":"http://issuer.example/keys"})",
           R"({"issuer":")" + url + R"(","jwks_uri":"http://127.0.0.1:8080/keys"})",
           R"({"issuer":")" + url + R"(","jwks_uri":"file:///etc/passwd"})",
           R"({"issuer":")" + url + R"("})",
           R"({"issuer":")" + url + R"(","issuer":")" + url + R"(","jwks_uri":")" + url + R"(/keys"})",
           std::string("[]"),
           std::string(),
           std::string(200'000, '['),
       }) {
    provider.set(path, bad);
    EXPECT_FALSE(ask().ok()) << bad.substr(0, 100);
  }
  provider.set(path, "", 302);
  EXPECT_THAT(std::string(ask().message()), testing::HasSubstr("redirects are not followed"));
}

TEST(Oidc, the_age_of_a_cache_field_is_read_as_RFC_9111_writes_it) {
  EXPECT_EQ(max_age_of("public, max-age=300").count(), 300);
  EXPECT_EQ(max_age_of("Max-Age=7,must-revalidate").count(), 7);
  EXPECT_EQ(max_age_of("max-age=300, no-store").count(), 0);
  EXPECT_EQ(max_age_of("no-cache").count(), 0);
  for (const char* nothing :
       {"", "public", "max-age=", "max-age=x", "max-age=-1", "s-maxage=5", "max-age=99999999999999999999"}) {
    EXPECT_LT(max_age_of(nothing).count(), 0) << nothing;
  }
}

TEST(Oidc, the_challenge_names_where_to_log_in_and_tells_nothing_of_the_token) {
  World world(first_key());
  world.oidc.start();
  ASSERT_TRUE(world.judge(token(first_key())).ok());
  const Authenticator authenticator({}, nullptr, &world.oidc);
  net::Request request;
  const Status none = authenticator.authenticate(request)->status();
  EXPECT_THAT(authenticator.challenges(request, none),
              testing::ElementsAre("Bearer authorization_uri=\"https://issuer.example/authorize\", "
                                   "resource_id=\"tessera\", realm=\"tessera\""));
  const std::string value = "Bearer " + token(second_key());
  request.fields.emplace_back("Authorization", value);
  const Status wrong = authenticator.authenticate(request)->status();
  EXPECT_EQ(wrong.code(), Code::Unauthenticated);
  EXPECT_THAT(authenticator.challenges(request, wrong),
              testing::ElementsAre(testing::HasSubstr("realm=\"tessera\", error=\"invalid_token\", error_description="
                                                      "\"the signature of the bearer token does not hold\"")));
}

TEST(IssuerOptions, what_cannot_be_is_refused_by_the_name_of_its_key) {
  const auto message = [](const auto& change) {
    IssuerOptions issuer = options();
    change(issuer);
    return std::string(check_issuers({issuer}).message());
  };
  EXPECT_EQ(message([](IssuerOptions&) {}), "");
  for (const char* good :
       {"https://x.example/realms/a", "http://127.0.0.1:8080", "http://localhost/a", "http://[::1]:1"}) {
    EXPECT_EQ(message([good](IssuerOptions& issuer) { issuer.url = good; }), "") << good;
  }
  for (const char* bad :
       {"http://x.example", "ftp://x.example", "https://", "x.example", "http://localhost.evil.example",
        "http://127.0.0.1.evil.example", "http://127.0.0.1@evil.example", "https://x.example/?a=1",
        "https://x.example/#a", "https://x.example/ a", "http://localhost:1@evil.example/"}) {
    EXPECT_THAT(message([bad](IssuerOptions& issuer) { issuer.url = bad; }), testing::HasSubstr("url")) << bad;
  }
  EXPECT_THAT(message([](IssuerOptions& issuer) { issuer.audiences.clear(); }), testing::HasSubstr("audiences"));
  EXPECT_THAT(message([](IssuerOptions& issuer) { issuer.algorithms = {"HS256"}; }), testing::HasSubstr("algorithms"));
  EXPECT_THAT(message([](IssuerOptions& issuer) { issuer.clock_skew = std::chrono::seconds(301); }),
              testing::HasSubstr("clock_skew_seconds"));
  EXPECT_THAT(message([](IssuerOptions& issuer) { issuer.jwks_refresh = std::chrono::seconds(59); }),
              testing::HasSubstr("jwks_refresh_seconds"));
  EXPECT_THAT(std::string(check_issuers({options(), options()}).message()), testing::HasSubstr("twice"));
  IssuerOptions other = introspecting();
  other.url = "https://other.example";
  EXPECT_THAT(std::string(check_issuers({introspecting(), other}).message()), testing::HasSubstr("introspection"));
}

}  // namespace tessera::auth
