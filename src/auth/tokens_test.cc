#include "auth/tokens.h"

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
  const auto identity = Authenticator({}).authenticate(with_authorization(""));
  ASSERT_TRUE(identity.ok());
  EXPECT_TRUE(authorize(caller_of(*identity), Action::Delete).ok());
}

TEST(Tokens, no_token_and_an_unknown_token_are_unauthenticated_and_challenged_differently) {
  const Authenticator authenticator = two_tokens();
  const net::Request none = with_authorization("");
  const net::Request wrong = with_authorization("Bearer guess");
  EXPECT_EQ(authenticator.authenticate(none).status().code(), Code::Unauthenticated);
  EXPECT_EQ(authenticator.authenticate(wrong).status().code(), Code::Unauthenticated);
  EXPECT_EQ(authenticator.challenge(none), "Bearer realm=\"tessera\"");
  EXPECT_EQ(authenticator.challenge(wrong), "Bearer realm=\"tessera\", error=\"invalid_token\"");
}

TEST(Tokens, the_scheme_is_read_in_any_case_and_other_schemes_are_no_token) {
  EXPECT_TRUE(two_tokens().authenticate(with_authorization("bearer  secret-reader")).ok());
  EXPECT_FALSE(two_tokens().authenticate(with_authorization("Basic secret-reader")).ok());
  EXPECT_FALSE(two_tokens().authenticate(with_authorization("Bearer ")).ok());
}

TEST(Tokens, a_reader_may_read_and_nothing_else) {
  const auto reader = two_tokens().authenticate(with_authorization("Bearer secret-reader"));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->subject, "viewer");
  EXPECT_TRUE(authorize(caller_of(*reader), Action::Read).ok());
  for (const Action action : {Action::Write, Action::Delete, Action::Manage}) {
    EXPECT_EQ(authorize(caller_of(*reader), action).code(), Code::PermissionDenied);
  }
}

TEST(Tokens, a_role_that_nobody_knows_gives_nothing) {
  const Identity stranger{.proof = Proof::Token, .issuer = "", .subject = "x", .roles = {"root"}, .scopes = {}};
  EXPECT_EQ(authorize(caller_of(stranger), Action::Read).code(), Code::PermissionDenied);
}

}  // namespace tessera::auth
