// What a token whose signature holds must say, and what is read from it: RFC 7519, 8725, 9068 and 7662.
#include "auth/claims.h"

#include <gtest/gtest.h>

#include "support/sound_token.h"

namespace tessera::auth {

namespace {

using test::claims;
using test::judge_claims;
using test::Judged;
using test::kNow;
using test::options;

}  // namespace

TEST(Claims, the_issuer_is_compared_to_the_letter) {
  for (const char* bad : {"\"https://issuer.example/\"", "\"HTTPS://issuer.example\"", "\"https://evil.example\"",
                          "\"\"", "1", "[\"https://issuer.example\"]", ""}) {
    EXPECT_EQ(judge_claims(claims({{"iss", bad}})).refusal, Refusal::Issuer) << bad;
  }
}

TEST(Claims, the_audience_holds_one_of_ours_as_a_string_or_in_a_list) {
  EXPECT_EQ(judge_claims(claims({{"aud", R"(["tessera"])"}})).refusal, Refusal::None);
  EXPECT_EQ(judge_claims(claims({{"aud", R"(["other","tessera"])"}, {"azp", "\"app\""}})).refusal, Refusal::None);
  for (const char* bad : {"\"other\"", "\"tessera2\"", "\"Tessera\"", "[]", R"(["other"])", "", "\"tessera \""}) {
    EXPECT_EQ(judge_claims(claims({{"aud", bad}})).refusal, Refusal::Audience) << bad;
  }
  for (const char* bad : {"null", "1", "{\"tessera\":1}", R"(["tessera",1])"}) {
    EXPECT_EQ(judge_claims(claims({{"aud", bad}})).refusal, Refusal::BadClaims) << bad;
  }
}

TEST(Claims, a_token_for_several_audiences_must_say_which_client_it_is_of) {
  const std::string several = R"(["tessera","other"])";
  EXPECT_EQ(judge_claims(claims({{"aud", several}})).refusal, Refusal::Client);
  EXPECT_EQ(judge_claims(claims({{"aud", several}, {"client_id", "\"app\""}})).identity.client, "app");
}

TEST(Claims, a_client_off_the_issuers_list_is_refused) {
  IssuerOptions issuer = options();
  issuer.clients = {"app", "scanner"};
  for (const char* name : {"azp", "client_id", "appid"}) {
    EXPECT_EQ(judge_claims(claims({{name, "\"scanner\""}}), issuer).refusal, Refusal::None) << name;
    EXPECT_EQ(judge_claims(claims({{name, "\"other\""}}), issuer).refusal, Refusal::Client) << name;
    EXPECT_EQ(judge_claims(claims({{name, "[\"app\"]"}}), issuer).refusal, Refusal::BadClaims) << name;
  }
  EXPECT_EQ(judge_claims(claims(), issuer).refusal, Refusal::Client);
  EXPECT_EQ(judge_claims(claims({{"azp", "\"app\""}, {"client_id", "\"scanner\""}}), issuer).refusal, Refusal::Client);
}

TEST(Claims, the_expiry_is_required_and_kept_with_the_skew_allowed) {
  EXPECT_EQ(judge_claims(claims({{"exp", ""}})).refusal, Refusal::BadClaims);
  EXPECT_EQ(judge_claims(claims({{"exp", std::to_string(kNow - 59)}})).refusal, Refusal::None);
  EXPECT_EQ(judge_claims(claims({{"exp", std::to_string(kNow - 60)}})).refusal, Refusal::Expired);
  EXPECT_EQ(judge_claims(claims({{"exp", std::to_string(kNow - 60) + ".5"}})).refusal, Refusal::None);
  EXPECT_EQ(judge_claims(claims({{"exp", "1.7000003e9"}})).refusal, Refusal::None);
  IssuerOptions strict = options();
  strict.clock_skew = std::chrono::seconds(0);
  EXPECT_EQ(judge_claims(claims({{"exp", std::to_string(kNow)}}), strict).refusal, Refusal::Expired);
  EXPECT_EQ(judge_claims(claims({{"exp", std::to_string(kNow + 1)}}), strict).refusal, Refusal::None);
}

TEST(Claims, dates_that_are_no_dates_are_refused) {
  for (const char* name : {"exp", "nbf", "iat"}) {
    for (const char* bad : {"\"1800000000\"", "null", "true", "[]", "-1", "1e300", "1e30", "18446744073709551615",
                            "9223372036854775807", "-9223372036854775808", "-1e400"}) {
      EXPECT_EQ(judge_claims(claims({{name, bad}})).refusal, Refusal::BadClaims) << name << " " << bad;
    }
  }
}

TEST(Claims, a_token_from_the_future_is_refused_beyond_the_skew) {
  for (const char* name : {"nbf", "iat"}) {
    EXPECT_EQ(judge_claims(claims({{name, std::to_string(kNow + 60)}})).refusal, Refusal::None) << name;
    EXPECT_EQ(judge_claims(claims({{name, std::to_string(kNow + 61)}})).refusal, Refusal::NotYet) << name;
  }
  EXPECT_EQ(judge_claims(claims({{"iat", ""}})).refusal, Refusal::None);
}

TEST(Claims, the_subject_is_a_string_of_1_to_255_bytes) {
  EXPECT_EQ(judge_claims(claims({{"sub", "\"" + std::string(255, 's') + "\""}})).refusal, Refusal::None);
  for (const std::string& bad : {std::string(), std::string("\"\""), std::string("1"), std::string("null"),
                                 std::string("[\"alice\"]"), "\"" + std::string(256, 's') + "\""}) {
    EXPECT_EQ(judge_claims(claims({{"sub", bad}})).refusal, Refusal::Subject) << bad;
  }
}

TEST(Claims, claims_that_are_no_object_or_name_a_member_twice_are_refused) {
  for (const std::string& bad : {std::string("[]"), std::string("1"), std::string(), std::string("{"), claims() + "x",
                                 claims().insert(1, R"("sub":"mallory",)"), claims({{"x", R"({"a":1,"a":2})"}}),
                                 claims({{"x", std::string(40, '[') + std::string(40, ']')}}),
                                 claims({{"x", "[" + std::string(4000, '0').replace(0, 0, "") + "]"}})}) {
    EXPECT_EQ(judge_claims(bad).refusal, Refusal::BadClaims) << bad.substr(0, 80);
  }
  std::string many = "[0";
  for (int i = 0; i < 3000; ++i) {
    many += ",0";
  }
  EXPECT_EQ(judge_claims(claims({{"x", many + "]"}})).refusal, Refusal::BadClaims);
}

TEST(Claims, roles_come_from_a_string_a_list_or_a_path_and_scopes_from_scp_or_scope) {
  EXPECT_EQ(judge_claims(claims({{"roles", R"(["owner","x"])"}})).identity.roles,
            (std::vector<std::string>{"owner", "x"}));
  EXPECT_EQ(judge_claims(claims({{"roles", "\"owner\""}})).identity.roles, (std::vector<std::string>{"owner"}));
  EXPECT_TRUE(judge_claims(claims({{"roles", "{\"owner\":true}"}})).identity.roles.empty());
  IssuerOptions issuer = options();
  issuer.roles_claim = "realm_access.roles";
  EXPECT_EQ(judge_claims(claims({{"realm_access", R"({"roles":["reader"]})"}}), issuer).identity.roles,
            (std::vector<std::string>{"reader"}));
  issuer.roles_claim = "https://x.example/roles";
  EXPECT_EQ(judge_claims(claims({{"https://x.example/roles", R"(["reader"])"}}), issuer).identity.roles,
            (std::vector<std::string>{"reader"}));
  EXPECT_EQ(judge_claims(claims({{"scope", "\"a b\""}})).identity.scopes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(judge_claims(claims({{"scp", "\"c\""}, {"scope", "\"a\""}})).identity.scopes,
            (std::vector<std::string>{"c"}));
}

TEST(Claims, more_roles_than_are_taken_are_refused_not_cut) {
  std::string list = "[\"r0\"";
  for (int i = 1; i < 256; ++i) {
    list += ",\"r" + std::to_string(i) + "\"";
  }
  EXPECT_EQ(judge_claims(claims({{"roles", list + "]"}})).refusal, Refusal::None);
  EXPECT_EQ(judge_claims(claims({{"roles", list + ",\"more\"]"}})).refusal, Refusal::Roles);
  EXPECT_EQ(judge_claims(claims({{"roles", "\"" + std::string(257, 'r') + "\""}})).refusal, Refusal::Roles);
}

TEST(Claims, subject_and_name_come_from_the_claims_that_are_configured) {
  IssuerOptions issuer = options();
  issuer.subject_claim = "oid";
  issuer.name_claim = "preferred_username";
  const Judged judged = judge_claims(claims({{"oid", "\"1-2\""}, {"preferred_username", "\"al\""}}), issuer);
  EXPECT_EQ(judged.identity.subject, "1-2");
  EXPECT_EQ(judged.identity.name, "al");
  EXPECT_EQ(judge_claims(claims(), issuer).refusal, Refusal::Subject);
}

TEST(Introspection, only_an_active_answer_for_this_server_is_taken) {
  const auto judged = [](const std::string& text) {
    Identity identity;
    return check_introspection(parse_json(text, {}).value(), options(), kNow, identity);
  };
  EXPECT_EQ(judged(R"({"active":true,"aud":"tessera","sub":"alice"})"), Refusal::None);
  EXPECT_EQ(judged(R"({"active":true,"aud":"tessera","client_id":"scanner"})"), Refusal::None);
  EXPECT_EQ(judged(R"({"active":false,"aud":"tessera","sub":"alice"})"), Refusal::Inactive);
  EXPECT_EQ(judged(R"({"active":"true","aud":"tessera","sub":"alice"})"), Refusal::IntrospectionAway);
  EXPECT_EQ(judged(R"({"aud":"tessera","sub":"alice"})"), Refusal::IntrospectionAway);
  EXPECT_EQ(judged(R"({"active":true,"sub":"alice"})"), Refusal::Audience);
  EXPECT_EQ(judged(R"({"active":true,"aud":"tessera","sub":"alice","iss":"https://evil.example"})"), Refusal::Issuer);
  EXPECT_EQ(judged(R"({"active":true,"aud":"tessera","sub":"alice","exp":1})"), Refusal::Expired);
  EXPECT_EQ(judged(R"({"active":true,"aud":"tessera"})"), Refusal::Subject);
}

}  // namespace tessera::auth
