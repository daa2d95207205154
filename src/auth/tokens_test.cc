#include "auth/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/caller.h"
#include "auth/oidc.h"
#include "auth/sessions.h"
#include "support/fake_issuer.h"
#include "support/signed_token.h"

namespace tessera::auth {

namespace {

net::Request with_authorization(std::string_view value) {
  net::Request request;
  if (!value.empty()) {
    request.fields.emplace_back("Authorization", value);
  }
  return request;
}

Authenticator two_tokens() {
  return Authenticator({{"lab", digest_of("secret-owner"), "owner"}, {"viewer", digest_of("secret-reader"), "reader"}});
}

}  // namespace

TEST(Tokens, without_configured_tokens_everybody_may_do_everything) {
  const auto identity = Authenticator({}).authenticate(with_authorization("")).value();
  ASSERT_TRUE(identity.ok());
  const auto visible = admit(*identity, Policy::builtin(true), Action::Delete, "p");
  ASSERT_TRUE(visible.ok());
  EXPECT_TRUE(visible->sees_everything());
}

TEST(Tokens, no_token_and_an_unknown_token_are_unauthenticated_and_challenged_differently) {
  const Authenticator authenticator = two_tokens();
  const net::Request none = with_authorization("");
  const net::Request wrong = with_authorization("Bearer guess");
  const Status without = authenticator.authenticate(none)->status();
  const Status unknown = authenticator.authenticate(wrong)->status();
  EXPECT_EQ(without.code(), Code::Unauthenticated);
  EXPECT_EQ(unknown.code(), Code::Unauthenticated);
  EXPECT_THAT(authenticator.challenges(none, without), testing::ElementsAre("Bearer realm=\"tessera\""));
  EXPECT_THAT(authenticator.challenges(wrong, unknown),
              testing::ElementsAre("Bearer realm=\"tessera\", error=\"invalid_token\", "
                                   "error_description=\"the bearer token is not known here\""));
}

TEST(Tokens, two_authorization_fields_are_refused_even_if_one_of_them_holds) {
  net::Request request = with_authorization("Bearer secret-owner");
  request.fields.emplace_back("authorization", "Bearer guess");
  const Status status = two_tokens().authenticate(request)->status();
  EXPECT_EQ(status.code(), Code::InvalidArgument);
  EXPECT_THAT(two_tokens().challenges(request, status),
              testing::ElementsAre(testing::HasSubstr("error=\"invalid_request\"")));
}

TEST(Tokens, the_scheme_is_read_in_any_case_and_other_schemes_are_no_token) {
  EXPECT_TRUE(two_tokens().authenticate(with_authorization("bearer  secret-reader"))->ok());
  EXPECT_FALSE(two_tokens().authenticate(with_authorization("Basic secret-reader"))->ok());
  EXPECT_FALSE(two_tokens().authenticate(with_authorization("Bearer "))->ok());
}

TEST(Tokens, a_reader_may_read_what_shows_no_label_and_nothing_else) {
  const auto reader = two_tokens().authenticate(with_authorization("Bearer secret-reader")).value();
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->subject, "viewer");
  const Policy policy = Policy::builtin(false);
  const auto visible = admit(*reader, policy, Action::Read, "p");
  ASSERT_TRUE(visible.ok());
  EXPECT_EQ(visible->everywhere, catalog::kOrdinaryFlavors);
  for (const Action action : {Action::Write, Action::Delete, Action::Manage, Action::Export, Action::Audit}) {
    const Status status = admit(*reader, policy, action, "p").status();
    EXPECT_EQ(status.code(), Code::PermissionDenied);
    EXPECT_EQ(status.message(), "'viewer' may not " + std::string(action_name(action)) + " here");
  }
}

TEST(Tokens, a_role_that_nobody_knows_gives_nothing) {
  Identity stranger;
  stranger.proof = Proof::Token;
  stranger.roles = {"root"};
  const Policy policy = Policy::builtin(false);
  EXPECT_EQ(admit(stranger, policy, Action::Read, "p").status().code(), Code::PermissionDenied);
  EXPECT_EQ(admit_to_service(stranger, policy, Action::Read).code(), Code::PermissionDenied);
}

// Sessions of people who signed in on the page

namespace {

struct SignedIn {
  SignedIn() {
    oidc.start();
    while (oidc.issuers().front()->snapshot().keys == nullptr) {
      std::this_thread::sleep_for(Millis(1));
    }
  }

  static IssuerOptions options() {
    IssuerOptions out;
    out.url = test::FakeIssuer::kUrl;
    out.audiences = {"tessera"};
    out.clock_skew = std::chrono::seconds(0);
    return out;
  }
  std::string token(int seconds) const {
    const std::int64_t now = clock.wall_millis() / 1000;
    return key.sign("ES256", R"({"alg":"ES256","kid":"a"})",
                    R"({"iss":"https://issuer.example","aud":"tessera","sub":"alice","exp":)" +
                        std::to_string(now + seconds) + "}");
  }
  std::string cookie(const std::string& access_token) const {
    const auto set = sessions.set({"id", access_token, "", "alice", "Alice", 0});
    return set->front().substr(0, set->front().find(';'));
  }
  static net::Request request(std::string_view cookie) {
    net::Request out;
    out.fields = {{"Cookie", cookie}, {"Sec-Fetch-Site", "same-origin"}};
    return out;
  }

  const test::SigningKey key = test::SigningKey::ec("P-256");
  test::FakeIssuer provider{key.key_set()};
  SystemClock clock;
  Log log{{.level = LogLevel::Off}};
  Oidc oidc{{.issuers = {options()}, .fetch = provider.fetch()}, clock, log};
  const Seal seal = std::move(Seal::from_key(std::string(Seal::kKeyBytes, 'k')).value());
  const Sessions sessions{seal, clock};
  const Authenticator authenticator{{{"lab", digest_of("secret-owner"), "owner"}}, nullptr, &oidc, &sessions};
};

}  // namespace

TEST(Tokens, a_sessions_cookie_is_as_good_as_its_token_and_no_better) {
  SignedIn world;
  const std::string good = world.cookie(world.token(60));
  const auto identity = world.authenticator.authenticate(SignedIn::request(good));
  ASSERT_TRUE(identity.has_value() && identity->ok());
  EXPECT_EQ((*identity)->subject, "alice");
  EXPECT_TRUE(world.authenticator.presented(SignedIn::request(good)));
  const std::string over = world.cookie(world.token(-1));
  EXPECT_EQ(world.authenticator.authenticate(SignedIn::request(over))->status().code(), Code::Unauthenticated);
  EXPECT_TRUE(world.authenticator.presented(SignedIn::request(over)));
}

TEST(Tokens, a_static_token_in_a_cookie_is_none) {
  SignedIn world;
  const auto identity = world.authenticator.authenticate(SignedIn::request(world.cookie("secret-owner")));
  EXPECT_EQ(identity->status().code(), Code::Unauthenticated);
}

TEST(Tokens, an_authorization_field_wins_over_a_cookie_also_when_it_is_wrong) {
  SignedIn world;
  const std::string cookie = world.cookie(world.token(60));
  net::Request request = SignedIn::request(cookie);
  request.fields.emplace_back("Authorization", "Bearer secret-owner");
  EXPECT_EQ((*world.authenticator.authenticate(request))->subject, "lab");
  request.fields.back().second = "Bearer guess";
  EXPECT_EQ(world.authenticator.authenticate(request)->status().code(), Code::Unauthenticated);
  request.fields.back().second = "Basic x";
  EXPECT_EQ(world.authenticator.authenticate(request)->status().code(), Code::Unauthenticated);
}

TEST(Tokens, a_cookie_that_does_not_count_is_no_credential) {
  SignedIn world;
  const std::string cookie = world.cookie(world.token(60));
  net::Request request = SignedIn::request(cookie);
  request.fields.back().second = "same-site";
  EXPECT_FALSE(world.authenticator.presented(request));
  EXPECT_EQ(world.authenticator.authenticate(request)->status().code(), Code::Unauthenticated);
  const Authenticator without({}, nullptr, &world.oidc);
  EXPECT_FALSE(without.presented(SignedIn::request(cookie)));
}

}  // namespace tessera::auth
