// What a browser sends of cookies, and what it is told to keep.
#include "auth/cookies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::auth {

namespace {

// As a browser sends back what it was told; what is cleared is gone.
std::string field_of(const std::vector<std::string>& set, std::string_view before = "") {
  std::string out(before);
  for (const std::string& one : set) {
    if (one.find("Max-Age=0") == std::string::npos) {
      out += (out.empty() ? "" : "; ") + one.substr(0, one.find(';'));
    }
  }
  return out;
}

}  // namespace

TEST(Cookies, one_is_found_among_others_whatever_they_are) {
  EXPECT_EQ(find_cookie("a=1; b=2;c=3 ; d", "b"), "2");
  EXPECT_EQ(find_cookie("a=1; b=2;c=3 ; d", "c"), "3");
  EXPECT_EQ(find_cookie("weird \x01\xff=\"x; y\"; b=2", "b"), "2");
  EXPECT_EQ(find_cookie("ab=1; a=2", "a"), "2");
  EXPECT_EQ(find_cookie("a=", "a"), "");
}

TEST(Cookies, what_is_not_there_or_twice_or_none_of_ours_is_nothing) {
  for (const char* field : {"", ";", "=", "b=1", "ab=1", "A=1", "a", "a=1; a=1", "a=1; a=2", "a=\"1\"", "a=1 2",
                            "a=1,2", "a=1=2", "a=\xc3\xa9", "a=1\t2"}) {
    EXPECT_EQ(find_cookie(field, "a"), std::nullopt) << field;
  }
  EXPECT_EQ(find_cookie("a=" + std::string(kMaxCookiePart + 1, 'x'), "a"), std::nullopt);
  EXPECT_EQ(find_cookie("a=1; b=" + std::string(kMaxCookieField, 'x'), "a"), std::nullopt);
}

TEST(Cookies, a_value_of_any_length_that_fits_comes_back_whole) {
  for (const std::size_t size : {0UL, 1UL, 3797UL, 3798UL, 3799UL, 7596UL, 7597UL, 4 * 3798UL}) {
    const std::string value(size, 'v');
    const auto set = set_cookie("__Host-c", value, "; SameSite=Strict");
    ASSERT_TRUE(set.ok()) << size;
    EXPECT_EQ(set->size(), kMaxCookieParts) << "each part is set or cleared";
    EXPECT_EQ(join_cookie(field_of(*set, "other=1"), "__Host-c"), value) << size;
    for (const std::string& one : *set) {
      EXPECT_LE(one.size(), 4096U);
      EXPECT_THAT(one, testing::HasSubstr("; Path=/; Secure; HttpOnly"));
    }
  }
}

TEST(Cookies, a_value_that_does_not_fit_is_refused) {
  const auto set = set_cookie("c", std::string(4 * 3798 + 1, 'v'), "");
  EXPECT_EQ(set.status().code(), Code::TooLarge);
}

TEST(Cookies, a_value_with_a_part_missing_is_none) {
  const auto set = set_cookie("c", std::string(9000, 'v'), "");
  ASSERT_TRUE(set.ok());
  for (std::size_t missing = 0; missing < 3; ++missing) {
    std::vector<std::string> some = *set;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_EQ(join_cookie(field_of(some), "c"), std::nullopt) << missing;
  }
}

TEST(Cookies, what_an_older_longer_value_left_behind_is_not_taken) {
  EXPECT_EQ(join_cookie("c=1.new; c-1=old; c-2=old", "c"), "new");
}

TEST(Cookies, a_first_part_that_does_not_say_how_many_there_are_is_none) {
  for (const char* field : {"c=", "c=1", "c=x", "c=0.x", "c=5.x", "c=9.x", "c=-1.x", "c=12.x", "c=x1.x", "c=2.x",
                            "c=2.x; c-1=", "c=2.x; c-1=y; c-1=y"}) {
    EXPECT_EQ(join_cookie(field, "c"), std::nullopt) << field;
  }
}

TEST(Cookies, clearing_clears_every_part) {
  EXPECT_THAT(
      clear_cookie("c"),
      testing::ElementsAre("c=; Path=/; Secure; HttpOnly; Max-Age=0", "c-1=; Path=/; Secure; HttpOnly; Max-Age=0",
                           "c-2=; Path=/; Secure; HttpOnly; Max-Age=0", "c-3=; Path=/; Secure; HttpOnly; Max-Age=0"));
}

}  // namespace tessera::auth
