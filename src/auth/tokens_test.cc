#include "auth/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/caller.h"

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
  const auto caller = admit(*identity, std::make_shared<const Policy>(Policy::builtin(true)), Action::Delete, "p");
  ASSERT_TRUE(caller.ok());
  EXPECT_TRUE(caller->visibility.sees_everything());
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
  const auto policy = std::make_shared<const Policy>(Policy::builtin(false));
  const auto caller = admit(*reader, policy, Action::Read, "p");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->visibility.everywhere, catalog::kOrdinaryFlavors);
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
  const auto policy = std::make_shared<const Policy>(Policy::builtin(false));
  EXPECT_EQ(admit(stranger, policy, Action::Read, "p").status().code(), Code::PermissionDenied);
  EXPECT_EQ(admit_to_service(stranger, policy, Action::Read).status().code(), Code::PermissionDenied);
}

}  // namespace tessera::auth
