// Tokens accepted and refused, rule by rule: RFC 7515, 7518 and 8725. Keys and signatures are OpenSSL's.
#include "auth/jwt.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include "support/sound_token.h"

namespace tessera::auth {

namespace {

using tessera::test::base64url;
using test::claims;
using test::ec_key;
using test::es256;
using test::header;
using test::judge;
using test::judge_claims;
using test::Judged;
using test::kNow;
using test::kUrl;
using test::options;
using test::refusal_of;
using test::rsa_key;
using test::SigningKey;

}  // namespace

TEST(Jwt, every_allowed_algorithm_is_accepted_with_its_kind_of_key) {
  for (const JwsAlgorithm& row : kJwsAlgorithms) {
    const SigningKey& key = row.key == KeyKind::Rsa    ? rsa_key()
                            : row.key == KeyKind::P256 ? ec_key("P-256")
                            : row.key == KeyKind::P384 ? ec_key("P-384")
                                                       : ec_key("P-521");
    const Judged judged = judge(key.sign(row.name, header(row.name), claims()), key.key_set());
    EXPECT_EQ(refusal_name(judged.refusal), "accepted") << row.name;
    EXPECT_EQ(judged.identity.subject, "alice");
    EXPECT_EQ(judged.identity.issuer, kUrl);
    EXPECT_EQ(judged.identity.proof, Proof::Jwt);
    EXPECT_EQ(judged.identity.expires, kNow + 360);
  }
}

TEST(Jwt, an_algorithm_off_the_issuers_list_is_refused) {
  IssuerOptions issuer = options();
  issuer.algorithms = {"RS256"};
  EXPECT_EQ(judge(es256(header("ES256")), ec_key().key_set(), issuer).refusal, Refusal::Algorithm);
  issuer.algorithms = {"RS256", "ES256"};
  EXPECT_EQ(judge(es256(header("ES256")), ec_key().key_set(), issuer).refusal, Refusal::None);
}

TEST(Jwt, none_is_refused_in_every_spelling_with_and_without_signature) {
  for (const char* name : {"none", "None", "NONE", "nOnE", "", "none ", "\\u006eone"}) {
    const std::string text = base64url(header(name)) + "." + base64url(claims()) + ".";
    EXPECT_EQ(refusal_of(text), Refusal::Algorithm) << name;
    EXPECT_EQ(refusal_of(es256(header(name))), Refusal::Algorithm) << name;
  }
}

TEST(Jwt, an_hmac_made_with_the_public_key_is_refused) {
  const std::string set = rsa_key().key_set();
  const std::string text = base64url(header("HS256")) + "." + base64url(claims());
  unsigned char mac[32];
  unsigned size = 0;
  HMAC(EVP_sha256(), set.data(), static_cast<int>(set.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), mac, &size);
  const std::string token = text + "." + base64url({reinterpret_cast<char*>(mac), size});
  EXPECT_EQ(judge(token, set).refusal, Refusal::Algorithm);
}

TEST(Jwt, a_symmetric_key_in_the_set_is_no_key) {
  const auto set = KeySet::parse(R"({"keys":[{"kty":"oct","kid":"a","alg":"HS256","k":"c2VjcmV0"}]})").value();
  EXPECT_EQ(set->size(), 0U);
  EXPECT_EQ(set->left_out(), 1U);
}

TEST(Jwt, a_changed_byte_anywhere_is_refused) {
  const std::string token = es256(header("ES256"));
  ASSERT_EQ(refusal_of(token), Refusal::None);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = token[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(refusal_of(changed), Refusal::None) << "byte " << i;
  }
}

TEST(Jwt, a_token_cut_off_anywhere_or_with_anything_behind_it_is_refused) {
  const std::string token = es256(header("ES256"));
  for (std::size_t i = 0; i < token.size(); ++i) {
    EXPECT_NE(refusal_of(token.substr(0, i)), Refusal::None) << i;
  }
  for (const char* tail : {"=", " ", "\n", ".", "A", "==", std::string_view("\0", 1).data()}) {
    EXPECT_NE(refusal_of(token + (*tail == 0 ? std::string(1, '\0') : tail)), Refusal::None) << tail;
  }
  EXPECT_EQ(refusal_of(" " + token), Refusal::Malformed);
}

TEST(Jwt, base64_with_padding_other_letters_or_bits_thrown_away_is_refused) {
  const std::string token = es256(header("ES256"));
  const std::size_t dot = token.find('.');
  EXPECT_EQ(refusal_of(token.substr(0, dot) + "=" + token.substr(dot)), Refusal::Malformed);
  std::string plus = token;
  plus[dot + 2] = '+';
  EXPECT_EQ(refusal_of(plus), Refusal::Malformed);
  // 64 bytes of signature are 86 letters, the last of which has four bits that mean nothing.
  std::string spelled = token;
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  spelled.back() = letters[letters.find(spelled.back()) + 1];
  EXPECT_EQ(refusal_of(spelled), Refusal::Malformed);
}

TEST(Jwt, a_token_of_16_KiB_is_read_and_a_longer_one_refused) {
  const auto with_padding = [](std::size_t bytes) {
    return es256(header("ES256"), claims({{"pad", "\"" + std::string(bytes, 'x') + "\""}}));
  };
  const std::size_t bare = with_padding(0).size();
  EXPECT_EQ(refusal_of(with_padding((kMaxToken - bare) * 3 / 4 - 3)), Refusal::None);
  EXPECT_EQ(refusal_of(with_padding((kMaxToken - bare) * 3 / 4 + 3)), Refusal::TooLong);
}

TEST(Jwt, an_encrypted_or_nested_token_is_refused_by_name) {
  EXPECT_EQ(refusal_of("eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d"), Refusal::Encrypted);
  EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"cty":"JWT","kid":"a")"))), Refusal::Nested);
  EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"cty":"application/jwt","kid":"a")"))), Refusal::Nested);
  EXPECT_EQ(refusal_of("one.two"), Refusal::Malformed);
  EXPECT_EQ(refusal_of(".."), Refusal::BadHeader);
}

TEST(Jwt, critical_extensions_and_unencoded_payloads_are_refused) {
  EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"kid":"a","crit":["exp"])"))), Refusal::Critical);
  EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"kid":"a","crit":[])"))), Refusal::Critical);
  EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"kid":"a","b64":false)"))), Refusal::Critical);
  EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"kid":"a","b64":true)"))), Refusal::Critical);
}

TEST(Jwt, a_header_that_is_no_object_or_names_a_member_twice_is_refused) {
  for (const char* bad : {R"([])", R"("ES256")", "", "{}", R"({"alg":1})", R"({"alg":"ES256","kid":1})",
                          R"({"alg":"ES256","typ":null})", R"({"alg":"ES256","alg":"ES256","kid":"a"})",
                          R"({"alg":"none","alg":"ES256","kid":"a"})", R"({"alg":"ES256","kid":"a"} x)",
                          R"({"alg":"ES256","kid":"a","x":[[[[[[1]]]]]]})", "{\"alg\":\"ES256\",\"kid\":\"\xff\"}"}) {
    EXPECT_EQ(refusal_of(es256(bad)), Refusal::BadHeader) << bad;
  }
}

TEST(Jwt, a_key_that_the_header_brings_along_is_never_used) {
  const SigningKey stranger = SigningKey::ec("P-256");
  const std::string own = R"(,"jwk":)" + stranger.jwk();
  for (const std::string& more :
       {own, own + R"(,"kid":"a")", std::string(R"(,"jku":"https://evil.example/keys")"),
        std::string(R"(,"x5u":"https://evil.example/c")"), std::string(R"(,"x5c":["AAAA"],"kid":"a")")}) {
    const Refusal refusal = refusal_of(stranger.sign("ES256", header("ES256", more), claims()));
    EXPECT_TRUE(refusal == Refusal::Signature || refusal == Refusal::KeyUnknown) << more;
  }
  EXPECT_EQ(refusal_of(es256(header("ES256", own + R"(,"kid":"a")"))), Refusal::None);  // ignored, not refused
}

TEST(Jwt, the_type_is_read_in_any_case_with_or_without_application) {
  for (const char* good : {"at+jwt", "AT+JWT", "application/at+jwt", "JWT", "jwt", "application/jwt"}) {
    EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"kid":"a","typ":")" + std::string(good) + "\""))), Refusal::None)
        << good;
  }
  EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"kid":"a")"))), Refusal::None);  // RFC 7519 §5.1: it may be missing
  for (const char* bad : {"dpop+jwt", "logout+jwt", "secevent+jwt", "", "JOSE", "text/jwt", "at+jwt "}) {
    EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"kid":"a","typ":")" + std::string(bad) + "\""))), Refusal::Type)
        << bad;
  }
}

TEST(Jwt, an_issuer_that_marks_access_tokens_can_be_held_to_it) {
  IssuerOptions issuer = options();
  issuer.token_types = {"at+jwt"};
  EXPECT_EQ(judge(es256(header("ES256", R"(,"kid":"a","typ":"JWT")")), ec_key().key_set(), issuer).refusal,
            Refusal::Type);
  EXPECT_EQ(judge(es256(header("ES256", R"(,"kid":"a")")), ec_key().key_set(), issuer).refusal, Refusal::Type);
  EXPECT_EQ(judge(es256(header("ES256")), ec_key().key_set(), issuer).refusal, Refusal::None);
}

TEST(Jwt, what_only_other_tokens_carry_is_no_access_token) {
  for (const char* name : {"nonce", "at_hash", "c_hash", "s_hash"}) {
    EXPECT_EQ(judge_claims(claims({{name, "\"x\""}})).refusal, Refusal::IdToken) << name;
  }
  EXPECT_EQ(judge_claims(claims({{"events", "{}"}})).refusal, Refusal::IdToken);
  EXPECT_EQ(judge_claims(claims({{"typ", "\"ID\""}})).refusal, Refusal::IdToken);
  EXPECT_EQ(judge_claims(claims({{"typ", "\"Refresh\""}})).refusal, Refusal::IdToken);
  EXPECT_EQ(judge_claims(claims({{"typ", "\"Bearer\""}})).refusal, Refusal::None);
}

TEST(Jwt, an_EC_signature_of_another_length_is_refused) {
  const std::string text = base64url(header("ES256")) + "." + base64url(claims());
  const std::string sound = ec_key().signature("ES256", text);
  ASSERT_EQ(refusal_of(text + "." + base64url(sound)), Refusal::None);
  const std::string zero(1, '\0');
  const std::string wide = zero + sound.substr(0, 32) + zero + sound.substr(32);
  for (const std::string& bad : {std::string(), sound.substr(0, 63), sound + zero, wide, std::string(64, '\0')}) {
    EXPECT_EQ(refusal_of(text + "." + base64url(bad)), Refusal::Signature) << bad.size();
  }
}

TEST(Jwt, a_curve_goes_with_its_algorithm_only) {
  // The signature is right for the key; but ES256 with P-384 does not exist.
  const SigningKey& key = ec_key("P-384");
  EXPECT_EQ(judge(key.sign("ES256", header("ES256"), claims()), key.key_set()).refusal, Refusal::KeyMismatch);
  EXPECT_EQ(judge(ec_key().sign("ES384", header("ES384"), claims()), ec_key().key_set()).refusal, Refusal::KeyMismatch);
  EXPECT_EQ(KeySet::parse(SigningKey::ec("secp256k1").key_set()).value()->size(), 0U);
}

TEST(Jwt, RSA_and_EC_keys_are_not_mixed_up) {
  EXPECT_EQ(judge(es256(header("ES256")), rsa_key().key_set()).refusal, Refusal::KeyMismatch);
  EXPECT_EQ(judge(rsa_key().sign("RS256", header("RS256"), claims()), ec_key().key_set()).refusal,
            Refusal::KeyMismatch);
}

TEST(Jwt, PKCS1_and_PSS_signatures_are_not_mixed_up_and_hashes_neither) {
  const std::string set = rsa_key().key_set();
  EXPECT_EQ(judge(rsa_key().sign("RS256", header("PS256"), claims()), set).refusal, Refusal::Signature);
  EXPECT_EQ(judge(rsa_key().sign("PS256", header("RS256"), claims()), set).refusal, Refusal::Signature);
  EXPECT_EQ(judge(rsa_key().sign("RS256", header("RS512"), claims()), set).refusal, Refusal::Signature);
}

TEST(Jwt, the_salt_of_PSS_is_as_long_as_the_hash) {
  const std::string set = rsa_key().key_set();
  EXPECT_EQ(judge(rsa_key().sign("PS256", header("PS256"), claims(), 32), set).refusal, Refusal::None);
  for (const int salt : {0, 20, 31, 33, 64}) {
    EXPECT_EQ(judge(rsa_key().sign("PS256", header("PS256"), claims(), salt), set).refusal, Refusal::Signature) << salt;
  }
}

TEST(Jwt, an_RSA_signature_shorter_or_longer_than_its_key_is_refused) {
  for (const char* algorithm : {"RS256", "PS256"}) {
    const std::string text = base64url(header(algorithm)) + "." + base64url(claims());
    const std::string sound = rsa_key().signature(algorithm, text);
    for (const std::string& bad : {std::string(), std::string(1, '\1'), sound.substr(0, 255), sound + "x",
                                   std::string(256, '\xff'), std::string(1, '\0') + sound}) {
      EXPECT_EQ(judge(text + "." + base64url(bad), rsa_key().key_set()).refusal, Refusal::Signature)
          << algorithm << " " << bad.size();
    }
  }
}

TEST(Jwt, a_kid_that_is_not_published_may_become_known_and_a_wrong_one_does_not) {
  EXPECT_EQ(refusal_of(es256(header("ES256", R"(,"kid":"b")"))), Refusal::KeyUnknown);
  EXPECT_EQ(refusal_of(SigningKey::ec("P-256").sign("ES256", header("ES256"), claims())), Refusal::Signature);
}

TEST(Jwt, a_token_without_kid_is_tried_with_keys_of_its_kind) {
  const std::string set = R"({"keys":[)" + rsa_key().jwk(R"(,"kid":"r")") + "," + ec_key("P-384").jwk() + "," +
                          ec_key().jwk(R"(,"kid":"e")") + "]}";
  EXPECT_EQ(judge(es256(header("ES256", "")), set).refusal, Refusal::None);
  EXPECT_EQ(judge(rsa_key().sign("RS256", header("RS256", ""), claims()), set).refusal, Refusal::None);
  EXPECT_EQ(judge(es256(header("ES256", "")), rsa_key().key_set()).refusal, Refusal::KeyUnknown);
}

TEST(Jwt, of_several_keys_with_one_kid_any_that_fits_may_have_signed) {
  const std::string set = R"({"keys":[)" + rsa_key().jwk(R"(,"kid":"a")") + "," +
                          SigningKey::ec("P-256").jwk(R"(,"kid":"a")") + "," + ec_key().jwk(R"(,"kid":"a")") + "]}";
  EXPECT_EQ(judge(es256(header("ES256")), set).refusal, Refusal::None);
  EXPECT_EQ(judge(rsa_key().sign("PS512", header("PS512"), claims()), set).refusal, Refusal::None);
}

}  // namespace tessera::auth
