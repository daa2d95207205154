#include "net/content_digest.h"

#include <gtest/gtest.h>

namespace tessera::net {
namespace {

// Of "hello".
constexpr const char* kSha256 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
constexpr const char* kSha512 =
    "m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==";

Status check(const char* field, const std::string& value, std::string_view body) {
  ContentDigest digest;
  RETURN_IF_ERROR(digest.read_field(field, value));
  digest.update(as_bytes(body.substr(0, body.size() / 2)));
  digest.update(as_bytes(body.substr(body.size() / 2)));
  return digest.check();
}

TEST(ContentDigest, what_holds_is_ok_and_what_does_not_names_field_and_algorithm) {
  const std::string sha256 = std::string("sha-256=:") + kSha256 + ":";
  const std::string sha512 = std::string("sha-512=:") + kSha512 + ":";
  for (const char* field : {"Content-Digest", "Repr-Digest"}) {
    EXPECT_TRUE(check(field, sha256, "hello").ok());
    EXPECT_TRUE(check(field, sha512 + " , " + sha256, "hello").ok());
    const Status wrong = check(field, sha256, "hellO");
    EXPECT_EQ(wrong.code(), Code::InvalidArgument);
    EXPECT_EQ(wrong.message().find(field), 0u) << wrong.message();
    EXPECT_NE(wrong.message().find("sha-256"), std::string_view::npos) << wrong.message();
  }
  EXPECT_TRUE(check("Digest", std::string("SHA-256=") + kSha256, "hello").ok());
  EXPECT_FALSE(check("Digest", std::string("sha-256=") + kSha256, "").ok());
}

TEST(ContentDigest, one_wrong_digest_of_two_is_wrong) {
  EXPECT_FALSE(check("Content-Digest",
                     std::string("sha-256=:") + kSha256 + ":, sha-512=:" + std::string(86, 'A') + "==:", "hello")
                   .ok());
}

TEST(ContentDigest, other_algorithms_are_passed_over) {
  for (const char* value : {"", "md5=:AAAAAAAAAAAAAAAAAAAAAA==:", "unixsum=30637", " , "}) {
    ContentDigest digest;
    EXPECT_TRUE(digest.read_field("Content-Digest", value).ok()) << value;
    EXPECT_FALSE(digest.is_stated()) << value;
    EXPECT_TRUE(digest.check().ok());
  }
}

TEST(ContentDigest, what_is_malformed_is_refused) {
  const std::string bare = std::string("sha-256=") + kSha256;
  const std::string short_one = "sha-256=:AAAA:";
  const std::string letters = "sha-256=:" + std::string(43, '!') + "=:";
  for (const std::string& value : {bare, short_one, letters, std::string("sha-256"), std::string("=:AA==:"),
                                   std::string("sha-256=:"), std::string(5000, 'a') + "="}) {
    EXPECT_EQ(check("Content-Digest", value, "hello").code(), Code::InvalidArgument) << value;
  }
  EXPECT_FALSE(check("Digest", std::string("SHA-256=:") + kSha256 + ":", "hello").ok()) << "colons are RFC 9530's";
}

}  // namespace
}  // namespace tessera::net
