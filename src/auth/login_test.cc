// Signing in: what is asked of the issuer, and each thing for which its answer, or the browser's, is refused.
#include "auth/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "auth/base64url.h"
#include "auth/token_digest.h"
#include "net/uri.h"
#include "support/fake_clock.h"
#include "support/fake_issuer.h"
#include "support/signed_token.h"

namespace tessera::auth {

namespace {

using test::FakeIssuer;
using test::SigningKey;
using testing::HasSubstr;

const SigningKey& issuer_key() {
  static const SigningKey key = SigningKey::ec("P-256");
  return key;
}

IssuerOptions options() {
  IssuerOptions out;
  out.url = FakeIssuer::kUrl;
  out.audiences = {"tessera"};
  out.login_client = "the page";
  return out;
}

std::string discovery(const std::string& more = "") {
  const std::string url = FakeIssuer::kUrl;
  return R"({"issuer":")" + url + R"(","jwks_uri":")" + url + R"(/keys","authorization_endpoint":")" + url +
         R"(/authorize","token_endpoint":")" + url + R"(/token","revocation_endpoint":")" + url +
         R"(/revoke","end_session_endpoint":")" + url + "/end\"" + more + "}";
}

struct World {
  explicit World(IssuerOptions issuer_options = options(), const std::string& document = discovery())
      : provider(issuer_key().key_set()),
        log({.level = LogLevel::Off}),
        seal(std::move(Seal::from_key(std::string(Seal::kKeyBytes, 'k')).value())),
        issuer(std::move(issuer_options), timing(), provider.fetch(), clock, log),
        login(
            issuer, provider.fetch(), [this](std::string_view token) { return judge(token); }, seal, clock) {
    provider.set("/.well-known/openid-configuration", document);
    issuer.start();
    while (issuer.snapshot().keys == nullptr && !provider.down) {
      std::this_thread::sleep_for(Millis(1));
    }
  }

  static IssuerTiming timing() {
    IssuerTiming out;
    out.cooldown = Millis(0);
    return out;
  }

  Result<Identity> judge(std::string_view token) {
    judged = token;
    Identity out;
    out.issuer = FakeIssuer::kUrl;
    out.subject = subject;
    out.expires = now() + 700;
    return refusal.ok() ? Result<Identity>(out) : refusal;
  }

  std::int64_t now() const { return clock.wall_millis() / 1000; }

  // The parameters of the address that the browser is sent to.
  void begin() {
    const auto begun = login.begin("/#/a", "https://slides.example");
    ASSERT_TRUE(begun.ok()) << begun.status().message();
    sealed = begun->sealed;
    location = begun->location;
    const auto parameters = net::parse_query(std::string_view(location).substr(location.find('?') + 1)).value();
    asked = {parameters.begin(), parameters.end()};
  }
  std::string query(const std::string& more = "&code=the-code") const { return "state=" + asked.at("state") + more; }

  std::map<std::string, std::string> claims() const {
    return {{"iss", "\"" + std::string(FakeIssuer::kUrl) + "\""},
            {"aud", R"("the page")"},
            {"sub", R"("alice")"},
            {"nonce", "\"" + asked.at("nonce") + "\""},
            {"name", R"("Alice Ångström")"},
            {"iat", std::to_string(now())},
            {"exp", std::to_string(now() + 60)}};
  }
  static std::string id_token(const std::map<std::string, std::string>& claims, const SigningKey& key = issuer_key(),
                              const std::string& header = R"({"alg":"ES256","kid":"a"})") {
    std::string json = "{";
    for (const auto& [name, value] : claims) {
      json += (json.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
    return key.sign("ES256", header, json + "}");
  }
  void answer_with(const std::string& id, const std::string& more = R"(,"refresh_token":"r-1","expires_in":300)") {
    provider.set("/token", R"({"access_token":"a-1","token_type":"Bearer","id_token":")" + id + "\"" + more + "}");
  }
  // A whole sign-in with these claims changed; an empty value takes a claim away.
  Result<Login::Finished> sign_in(const std::map<std::string, std::string>& changed = {}) {
    begin();
    auto all = claims();
    for (const auto& [name, value] : changed) {
      all[name] = value;
      if (value.empty()) {
        all.erase(name);
      }
    }
    answer_with(id_token(all));
    return login.finish(query(), sealed);
  }

  FakeIssuer provider;
  test::FakeClock clock;
  Log log;
  Seal seal;
  Issuer issuer;
  Login login;
  std::string subject = "alice";
  Status refusal;
  std::string judged, sealed, location;
  std::map<std::string, std::string> asked;
};

void refused(const Result<Login::Finished>& finished, Code code, const char* words) {
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(finished.status().code(), code) << finished.status().message();
  EXPECT_THAT(std::string(finished.status().message()), HasSubstr(words));
}

}  // namespace

TEST(Login, the_issuer_is_asked_for_a_code_that_only_this_server_can_use) {
  IssuerOptions issuer = options();
  issuer.login_resource = "urn:tessera";
  World world(issuer);
  world.begin();
  EXPECT_THAT(world.location, testing::StartsWith("https://issuer.example/authorize?"));
  EXPECT_EQ(world.asked["response_type"], "code");
  EXPECT_EQ(world.asked["client_id"], "the page");
  EXPECT_EQ(world.asked["redirect_uri"], "https://slides.example/auth/callback");
  EXPECT_EQ(world.asked["scope"], "openid profile offline_access");
  EXPECT_EQ(world.asked["resource"], "urn:tessera");
  EXPECT_EQ(world.asked["code_challenge_method"], "S256");
  world.answer_with(world.id_token(world.claims()));
  ASSERT_TRUE(world.login.finish(world.query(), world.sealed).ok());
  const auto form = net::parse_query(world.provider.last_form()).value();
  std::map<std::string, std::string> sent(form.begin(), form.end());
  EXPECT_EQ(sent["grant_type"], "authorization_code");
  EXPECT_EQ(sent["code"], "the-code");
  EXPECT_EQ(sent["client_id"], "the page");
  EXPECT_EQ(sent["redirect_uri"], "https://slides.example/auth/callback");
  EXPECT_EQ(sent["resource"], "urn:tessera");
  const TokenDigest challenge = digest_of(sent["code_verifier"]);
  EXPECT_EQ(base64url_encode({reinterpret_cast<const char*>(challenge.data()), challenge.size()}),
            world.asked["code_challenge"]);
}

TEST(Login, an_authorization_endpoint_with_a_query_keeps_it) {
  World world(
      options(),
      R"({"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/keys",)"
      R"("authorization_endpoint":"https://issuer.example/a?p=1","token_endpoint":"https://issuer.example/t"})");
  world.begin();
  EXPECT_THAT(world.location, testing::StartsWith("https://issuer.example/a?p=1&response_type=code&"));
}

TEST(Login, who_signs_in_gets_a_session) {
  World world;
  const auto finished = world.sign_in();
  ASSERT_TRUE(finished.ok()) << finished.status().message();
  EXPECT_EQ(finished->to, "/#/a");
  EXPECT_EQ(finished->session.access_token, "a-1");
  EXPECT_EQ(finished->session.refresh_token, "r-1");
  EXPECT_EQ(finished->session.subject, "alice");
  EXPECT_EQ(finished->session.name, "Alice Ångström");
  EXPECT_EQ(finished->session.access_until, world.now() + 300);
  EXPECT_EQ(world.judged, "a-1");
}

TEST(Login, a_list_of_audiences_is_taken_when_it_is_for_us) {
  World world;
  EXPECT_TRUE(world.sign_in({{"aud", R"(["the page"])"}}).ok());
  EXPECT_TRUE(world.sign_in({{"aud", R"(["the page","other"])"}, {"azp", R"("the page")"}}).ok());
}

TEST(Login, an_id_token_of_which_a_claim_is_not_what_was_asked_for_is_refused) {
  World world;
  const std::string past = std::to_string(world.now() - 60);
  const std::string future = std::to_string(world.now() + 61);
  const std::vector<std::tuple<const char*, std::map<std::string, std::string>>> all = {
      {"'iss'", {{"iss", R"("https://issuer.example/")"}}},
      {"'iss'", {{"iss", ""}}},
      {"'aud'", {{"aud", R"("tessera")"}}},
      {"'aud'", {{"aud", ""}}},
      {"'aud'", {{"aud", "[]"}}},
      {"'aud'", {{"aud", R"({"x":"the page"})"}}},
      {"'aud'", {{"aud", R"(["other"])"}}},
      {"'azp'", {{"aud", R"(["the page","other"])"}}},
      {"'azp'", {{"azp", R"("other")"}}},
      {"'azp'", {{"azp", "1"}}},
      {"'exp'", {{"exp", past}}},
      {"'exp'", {{"exp", ""}}},
      {"'exp'", {{"exp", R"("x")"}}},
      {"'iat'", {{"iat", future}}},
      {"'iat'", {{"iat", ""}}},
      {"'nonce'", {{"nonce", R"("x")"}}},
      {"'nonce'", {{"nonce", ""}}},
      {"'nonce'", {{"nonce", "1"}}},
      {"'sub'", {{"sub", ""}}},
      {"'sub'", {{"sub", R"("")"}}},
      {"'sub'", {{"sub", "\"" + std::string(256, 'x') + "\""}}},
  };
  for (const auto& [words, changed] : all) {
    refused(world.sign_in(changed), Code::Corrupt, words);
    EXPECT_EQ(world.judged, "") << "nothing is done with the access token before";
  }
}

TEST(Login, an_id_token_that_is_none_or_not_the_issuers_is_refused) {
  World world;
  const auto finish = [&world](const std::string& token) {
    world.answer_with(token);
    return world.login.finish(world.query(), world.sealed);
  };
  world.begin();
  const auto claims = world.claims();
  refused(finish(""), Code::Corrupt, "no ID token");
  refused(finish("x"), Code::Corrupt, "cannot be read");
  refused(finish(world.id_token(claims, issuer_key(), R"({"alg":"none"})")), Code::Corrupt, "cannot be read");
  refused(finish(world.id_token(claims, SigningKey::ec("P-256"))), Code::Corrupt, "signature");
  refused(finish(world.id_token(claims, issuer_key(), R"({"alg":"ES256","kid":"b"})")), Code::Corrupt, "not publish");
  refused(finish(world.id_token(claims, issuer_key(), R"({"alg":"ES256","kid":"a","typ":"at+jwt"})")), Code::Corrupt,
          "another type");
  IssuerOptions strict = options();
  strict.algorithms = {"RS256"};
  World other(strict);
  refused(other.sign_in(), Code::Corrupt, "algorithm");
}

TEST(Login, a_key_that_is_new_is_asked_for) {
  World world;
  const SigningKey next = SigningKey::ec("P-256");
  world.begin();
  world.provider.set("/keys", R"({"keys":[)" + next.jwk(R"(,"kid":"b")") + "]}");
  world.answer_with(world.id_token(world.claims(), next, R"({"alg":"ES256","kid":"b"})"));
  EXPECT_TRUE(world.login.finish(world.query(), world.sealed).ok());
}

TEST(Login, what_the_browser_comes_back_with_must_be_what_it_was_sent_with) {
  World world;
  world.begin();
  world.answer_with(world.id_token(world.claims()));
  const auto finish = [&world](const std::string& query) { return world.login.finish(query, world.sealed); };
  refused(finish("code=c"), Code::InvalidArgument, "begun last");
  refused(finish("state=&code=c"), Code::InvalidArgument, "begun last");
  refused(finish("state=x&code=c"), Code::InvalidArgument, "begun last");
  refused(finish(world.query().substr(0, 30) + "&code=c"), Code::InvalidArgument, "begun last");
  refused(finish(world.query("")), Code::InvalidArgument, "without a code");
  refused(finish(world.query("&code=")), Code::InvalidArgument, "without a code");
  refused(finish(world.query("&code=" + std::string(4097, 'c'))), Code::InvalidArgument, "without a code");
  refused(finish(world.query("&code=a&code=b")), Code::InvalidArgument, "'code' twice");
  refused(finish(world.query("&code=a&") + world.query("")), Code::InvalidArgument, "'state' twice");
  refused(finish(world.query("&code=%zz")), Code::InvalidArgument, "cannot be read");
  std::string many = world.query();
  for (int i = 0; i < 32; ++i) {
    many += "&x=1";
  }
  refused(finish(many), Code::InvalidArgument, "cannot be read");
  refused(finish(world.query("&code=" + std::string(9000, 'c'))), Code::InvalidArgument, "too long");
  refused(finish(world.query("&code=c&iss=https://other.example")), Code::InvalidArgument, "another identity provider");
  EXPECT_EQ(world.provider.asked("/token"), 0) << "and no code is sent anywhere";
  EXPECT_TRUE(finish(world.query("&code=c&iss=https://issuer.example&session_state=x")).ok());
}

TEST(Login, an_issuer_that_says_it_names_itself_must) {
  World world(options(), discovery(R"(,"authorization_response_iss_parameter_supported":true)"));
  refused(world.sign_in(), Code::InvalidArgument, "another identity provider");
  EXPECT_TRUE(world.login.finish(world.query("&code=c&iss=https://issuer.example"), world.sealed).ok());
}

TEST(Login, a_cookie_that_is_not_of_this_sign_in_is_refused) {
  World world;
  world.begin();
  world.answer_with(world.id_token(world.claims()));
  const std::string query = world.query();
  const auto finish = [&](const std::string& sealed) { return world.login.finish(query, sealed); };
  const std::string good = world.sealed;
  refused(finish(""), Code::InvalidArgument, "not begun in this browser");
  refused(finish("x"), Code::InvalidArgument, "not begun in this browser");
  refused(finish(good.substr(1)), Code::InvalidArgument, "not begun in this browser");
  const std::int64_t later = world.now() + 60;
  refused(finish(world.seal.seal("session", later, "a\nb\nc\nd\ne").value()), Code::InvalidArgument, "not begun");
  for (const char* text : {"", "a", "a\nb\nc\nd", "a\nb\nc\nd\ne\nf"}) {
    refused(finish(world.seal.seal("login", later, text).value()), Code::InvalidArgument, "not begun");
  }
  world.begin();
  refused(finish(world.sealed), Code::InvalidArgument, "begun last");
  world.clock.advance(Millis(Login::kSeconds * 1000));
  refused(finish(good), Code::InvalidArgument, "10 minutes ago");
}

TEST(Login, what_the_issuer_says_against_it_is_passed_on) {
  World world;
  world.begin();
  const auto denied = world.login.finish(world.query("&error=access_denied&error_description=a%0Ab"), world.sealed);
  refused(denied, Code::PermissionDenied, "'access_denied': a b");
  refused(world.login.finish(world.query("&error=temporarily_unavailable"), world.sealed), Code::Unavailable, "tempo");
}

TEST(Login, each_answer_of_the_token_endpoint_that_is_none_has_its_sentence) {
  World world;
  world.begin();
  const std::string id = world.id_token(world.claims());
  const auto finish = [&world](const std::string& body, int status = 200) {
    world.provider.set("/token", body, status);
    return world.login.finish(world.query(), world.sealed);
  };
  refused(finish(R"({"error":"invalid_grant"})", 400), Code::Unauthenticated, "refused (invalid_grant)");
  refused(finish(R"({"error":"<script>"})", 400), Code::Unauthenticated, "refused");
  refused(finish(R"({"error":"invalid_client"})", 400), Code::Corrupt, "client_id and secret");
  refused(finish("no", 401), Code::Corrupt, "client_id and secret");
  refused(finish("no", 500), Code::Unavailable, "answered 500");
  refused(finish("no", 429), Code::Unavailable, "answered 429");
  refused(finish("no", 302), Code::Unavailable, "answered 302");
  refused(finish("[]"), Code::Corrupt, "no JSON object");
  refused(finish("{"), Code::Corrupt, "no JSON object");
  refused(finish(R"({"access_token":"a","token_type":"DPoP","id_token":")" + id + "\"}"), Code::Corrupt, "bearer");
  refused(finish(R"({"access_token":"a b","token_type":"bearer"})"), Code::Corrupt, "bearer");
  refused(finish(R"({"token_type":"bearer"})"), Code::Corrupt, "bearer");
  refused(finish(R"({"access_token":"a","token_type":"bearer","refresh_token":"a\nb"})"), Code::Corrupt,
          "refresh token");
  world.provider.down = true;
  refused(world.login.finish(world.query(), world.sealed), Code::Unavailable, "does not answer");
}

TEST(Login, an_access_token_that_this_server_does_not_take_is_told_with_what_to_do) {
  World world;
  world.refusal = Status(Code::Unauthenticated, "the bearer token is not meant for this server");
  refused(world.sign_in(), Code::PermissionDenied,
          "not meant for this server (whoever runs this server: see audiences");
  world.refusal = Status(Code::Unavailable, "later");
  refused(world.sign_in(), Code::Unavailable, "later");
}

TEST(Login, nobody_signs_in_while_the_issuer_is_not_known) {
  World world(options(), R"({"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/keys"})");
  EXPECT_EQ(world.login.begin("/", "https://slides.example").status().code(), Code::Corrupt);
  EXPECT_EQ(world.login.end_session("https://slides.example"), "");
}

TEST(Login, nobody_is_sent_to_another_place_afterwards) {
  for (const char* to : {"/", "/?partition=a", "/#/slide/1.2/3.4?name=doe", "/a//b", "/@x", "/%2F/x"}) {
    EXPECT_TRUE(is_local_path(to)) << to;
  }
  for (const std::string& to :
       {std::string(), std::string("x"), std::string("//evil.example"), std::string("/\\evil.example"),
        std::string("https://evil.example"), std::string("javascript:alert(1)"), std::string("/a\\b"),
        std::string("/a b"), std::string("/a\nb"), std::string("/a\rb"), std::string("/a\tb"), std::string("/\0", 2),
        std::string("/\x7f"), std::string("/\xc3\xa9"), std::string(" /"), std::string("\t//x"),
        std::string("/auth/login"), "/" + std::string(2048, 'a')}) {
    EXPECT_FALSE(is_local_path(to)) << to;
    World world;
    EXPECT_EQ(world.login.begin(to, "https://slides.example").status().code(), Code::InvalidArgument) << to;
  }
}

TEST(Login, a_session_is_renewed_with_what_the_issuer_gives) {
  World world;
  const auto finished = world.sign_in();
  ASSERT_TRUE(finished.ok());
  world.provider.set("/token", R"({"access_token":"a-2","token_type":"bearer","refresh_token":"r-2","expires_in":30})");
  const auto next = world.login.renew(finished->session);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->id, finished->session.id);
  EXPECT_EQ(next->name, finished->session.name);
  EXPECT_EQ(next->access_token, "a-2");
  EXPECT_EQ(next->refresh_token, "r-2");
  EXPECT_EQ(next->access_until, world.now() + 30);
  EXPECT_THAT(world.provider.last_form(), HasSubstr("grant_type=refresh_token&refresh_token=r-1"));
  world.provider.set("/token", R"({"access_token":"a-3","token_type":"bearer"})");
  EXPECT_EQ(world.login.renew(*next)->refresh_token, "r-2") << "the same where there is no other";
}

TEST(Login, a_renewal_that_is_somebody_elses_or_no_more_is_refused) {
  World world;
  const Session session = world.sign_in()->session;
  world.subject = "bob";
  EXPECT_EQ(world.login.renew(session).status().code(), Code::Corrupt);
  world.subject = "alice";
  world.refusal = Status(Code::Unauthenticated, "the bearer token has expired");
  EXPECT_EQ(world.login.renew(session).status().code(), Code::PermissionDenied);
  world.provider.set("/token", R"({"error":"invalid_grant"})", 400);
  EXPECT_EQ(world.login.renew(session).status().code(), Code::Unauthenticated);
  world.provider.down = true;
  EXPECT_EQ(world.login.renew(session).status().code(), Code::Unavailable);
}

TEST(Login, signing_out_takes_back_the_refresh_token_and_names_no_token_in_an_address) {
  World world;
  const Session session = world.sign_in()->session;
  world.provider.set("/revoke", "");
  EXPECT_TRUE(world.login.revoke(session).ok());
  EXPECT_EQ(world.provider.last_form(), "token=r-1&token_type_hint=refresh_token&client_id=the%20page");
  EXPECT_EQ(world.login.end_session("https://slides.example"),
            "https://issuer.example/end?client_id=the%20page&post_logout_redirect_uri=https%3A%2F%2Fslides.example%2F");
}

}  // namespace tessera::auth
