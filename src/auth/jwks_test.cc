#include "auth/jwks.h"

#include <gtest/gtest.h>

#include "support/signed_token.h"

namespace tessera::auth {

namespace {

using test::base64url;
using test::SigningKey;

std::string rsa_jwk(const std::string& modulus, const std::string& exponent, const std::string& more = "") {
  return R"({"kty":"RSA","n":")" + base64url(modulus) + R"(","e":")" + base64url(exponent) + "\"" + more + "}";
}

// An odd number of that many bits; whether it is a product of two primes matters to nobody who only checks.
std::string modulus(std::size_t bits) {
  std::string out((bits + 7) / 8, '\x55');
  out[0] = static_cast<char>(1 << ((bits - 1) % 8));
  return out;
}

const std::string kF4("\x01\x00\x01", 3);

std::size_t usable(const std::string& keys) {
  const auto set = KeySet::parse(R"({"keys":[)" + keys + "]}");
  return set.ok() ? (*set)->size() : 99;
}

}  // namespace

TEST(KeySet, RSA_keys_of_2048_to_8192_bits_are_taken) {
  for (const std::size_t bits : {2048, 3072, 4096, 8192}) {
    EXPECT_EQ(usable(rsa_jwk(modulus(bits), kF4)), 1U) << bits;
  }
  for (const std::size_t bits : {8, 512, 1024, 2047, 8193, 16384}) {
    EXPECT_EQ(usable(rsa_jwk(modulus(bits), kF4)), 0U) << bits;
  }
  // Leading zeros do not make a small key large.
  EXPECT_EQ(usable(rsa_jwk(std::string(128, '\0') + modulus(1024), kF4)), 0U);
}

TEST(KeySet, an_RSA_exponent_is_odd_and_at_least_3_and_short) {
  for (const std::string& good : {kF4, std::string("\x03"), std::string("\xff\xff\xff\xff")}) {
    EXPECT_EQ(usable(rsa_jwk(modulus(2048), good)), 1U);
  }
  for (const std::string& bad : {std::string(), std::string(1, '\0'), std::string("\x01"), std::string("\0\x01", 2),
                                 std::string("\x02"), std::string("\x01\0\0\0\x01", 5), modulus(2048)}) {
    EXPECT_EQ(usable(rsa_jwk(modulus(2048), bad)), 0U);
  }
  std::string even = modulus(2048);
  even.back() = '\x54';
  EXPECT_EQ(usable(rsa_jwk(even, kF4)), 0U);
}

TEST(KeySet, a_point_off_its_curve_or_of_another_length_is_no_key) {
  const auto ec = [](const char* curve, const std::string& x, const std::string& y) {
    return R"({"kty":"EC","crv":")" + std::string(curve) + R"(","x":")" + base64url(x) + R"(","y":")" + base64url(y) +
           "\"}";
  };
  EXPECT_EQ(usable(SigningKey::ec("P-256").jwk()), 1U);
  EXPECT_EQ(usable(ec("P-256", std::string(32, '\1'), std::string(32, '\1'))), 0U);
  EXPECT_EQ(usable(ec("P-256", std::string(32, '\0'), std::string(32, '\0'))), 0U);
  EXPECT_EQ(usable(ec("P-256", std::string(31, '\1'), std::string(32, '\1'))), 0U);
  EXPECT_EQ(usable(ec("P-224", std::string(28, '\1'), std::string(28, '\1'))), 0U);
  std::string other_curve = SigningKey::ec("P-256").jwk();
  other_curve.replace(other_curve.find("P-256"), 5, "P-521");
  EXPECT_EQ(usable(other_curve), 0U);
}

TEST(KeySet, a_key_serves_only_what_it_says_it_is_for) {
  const SigningKey key = SigningKey::ec("P-256");
  for (const char* good : {"", R"(,"use":"sig")", R"(,"key_ops":["verify"])", R"(,"key_ops":["sign","verify"])",
                           R"(,"alg":"ES256")", R"(,"x5c":["AAAA"],"unknown":{})"}) {
    EXPECT_EQ(usable(key.jwk(good)), 1U) << good;
  }
  for (const char* bad :
       {R"(,"use":"enc")", R"(,"use":1)", R"(,"key_ops":["sign"])", R"(,"key_ops":[])", R"(,"key_ops":"verify")",
        R"(,"alg":"ECDH-ES")", R"(,"alg":"none")", R"(,"alg":null)", R"(,"kid":7)"}) {
    EXPECT_EQ(usable(key.jwk(bad)), 0U) << bad;
  }
  const SigningKey rsa = SigningKey::rsa();
  const auto set = KeySet::parse(rsa.key_set(R"(,"kid":"a","alg":"RS256")")).value();
  for (const auto& [algorithm, refusal] :
       {std::pair{"RS256", Refusal::None}, {"PS256", Refusal::KeyMismatch}, {"RS384", Refusal::KeyMismatch}}) {
    const std::string text =
        rsa.sign(algorithm, R"({"kid":"a","alg":")" + std::string(algorithm) + "\"}", R"({"iss":"x"})");
    Jwt token;
    ASSERT_EQ(read_jwt(text, token), Refusal::None);
    EXPECT_EQ(set->verify(token), refusal) << algorithm;
  }
}

TEST(KeySet, a_private_key_that_was_published_serves_by_its_public_half) {
  EXPECT_EQ(usable(SigningKey::ec("P-256").jwk(R"(,"d":"AAAA")")), 1U);
}

TEST(KeySet, what_is_no_key_is_left_out_and_the_others_serve) {
  const auto set = KeySet::parse(R"({"keys":[1,null,[],{},{"kty":"OKP","crv":"Ed25519","x":"AAAA"},)" +
                                 SigningKey::ec("P-384").jwk() + "]}")
                       .value();
  EXPECT_EQ(set->size(), 1U);
  EXPECT_EQ(set->left_out(), 5U);
}

TEST(KeySet, garbage_is_an_error_that_says_what_it_is) {
  for (const std::string& bad :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"), std::string(R"({"keys":{}})"),
        std::string(R"({"keys":[],"keys":[]})"), R"({"keys":)" + std::string(100'000, '[')}) {
    const auto set = KeySet::parse(bad);
    ASSERT_FALSE(set.ok()) << bad.substr(0, 40);
    EXPECT_EQ(set.status().code(), Code::Corrupt);
    EXPECT_TRUE(set.status().message().starts_with("read a key set")) << set.status().message();
  }
}

TEST(KeySet, length_and_number_of_keys_are_bounded) {
  const std::string key = R"({"kty":"oct"})";
  std::string keys = key;
  for (int i = 1; i < 64; ++i) {
    keys += "," + key;
  }
  EXPECT_TRUE(KeySet::parse(R"({"keys":[)" + keys + "]}").ok());
  EXPECT_EQ(KeySet::parse(R"({"keys":[)" + keys + "," + key + "]}").status().code(), Code::TooLarge);
  const std::string empty = R"({"keys":[]})";
  EXPECT_TRUE(KeySet::parse(empty + std::string(KeySet::kMaxBytes - empty.size(), ' ')).ok());
  EXPECT_EQ(KeySet::parse(empty + std::string(KeySet::kMaxBytes, ' ')).status().code(), Code::TooLarge);
}

TEST(KeySet, the_same_keys_in_another_order_are_the_same) {
  const std::string a = SigningKey::ec("P-256").jwk(R"(,"kid":"a")");
  const std::string b = SigningKey::ec("P-256").jwk(R"(,"kid":"b")");
  const auto set = [](const std::string& keys) { return KeySet::parse(R"({"keys":[)" + keys + "]}").value(); };
  EXPECT_TRUE(set(a + "," + b)->same_as(*set(b + "," + a)));
  EXPECT_FALSE(set(a + "," + b)->same_as(*set(a)));
}

}  // namespace tessera::auth
