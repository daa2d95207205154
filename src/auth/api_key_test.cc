#include "auth/api_key.h"

#include <gtest/gtest.h>

#include <set>

#include "auth/key_ring.h"
#include "auth/tokens.h"
#include "support/fake_clock.h"

namespace tessera::auth {

namespace {

class ApiKeyTest : public ::testing::Test {
 protected:
  std::string add(const std::string& name, std::optional<std::int64_t> expires = {}) {
    const auto made = make_api_key();
    catalog::KeyRow row;
    row.id = made->id;
    row.name = name;
    row.digest = made->digest;
    row.roles = {"reader"};
    row.expires_millis = expires;
    EXPECT_TRUE(keys.add(row).ok());
    return made->text;
  }

  test::FakeClock clock;
  Log log{{.level = LogLevel::Off}};
  std::unique_ptr<catalog::Database> database = std::move(*catalog::open_sqlite(":memory:"));
  catalog::Keys keys{*database, clock};
  std::unique_ptr<KeyRing> ring = std::move(*KeyRing::open(*database, keys, clock, log));
};

}  // namespace

TEST_F(ApiKeyTest, no_two_keys_are_alike_and_each_has_256_random_bits) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto key = *make_api_key();
    EXPECT_EQ(key.text.size(), 8u + 16 + 1 + 64);
    EXPECT_EQ(*api_key_id(key.text), key.id);
    EXPECT_EQ(key.text.find(key.digest), std::string::npos);
    EXPECT_TRUE(seen.insert(key.text.substr(25)).second);
  }
}

TEST_F(ApiKeyTest, a_key_is_known_after_a_refresh_and_unknown_once_it_is_revoked) {
  const std::string text = add("scanner");
  ASSERT_TRUE(ring->refresh().ok());
  const auto identity = ring->authenticate(text);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->subject, "scanner");
  EXPECT_EQ(identity->proof, Proof::Key);
  EXPECT_EQ(identity->roles, std::vector<std::string>{"reader"});
  ASSERT_TRUE(keys.revoke("scanner").ok());
  ASSERT_TRUE(ring->refresh().ok());
  EXPECT_EQ(ring->authenticate(text).status().code(), Code::Unauthenticated);
}

TEST_F(ApiKeyTest, a_changed_secret_and_every_other_text_are_unknown_in_the_same_words) {
  std::string text = add("scanner");
  ASSERT_TRUE(ring->refresh().ok());
  const std::string said(ring->authenticate("tessera_0").status().message());
  for (std::size_t at : {std::size_t{8}, std::size_t{25}, text.size() - 1}) {
    std::string changed = text;
    changed[at] = changed[at] == '0' ? '1' : '0';
    EXPECT_EQ(ring->authenticate(changed).status().message(), said);
  }
  EXPECT_EQ(ring->authenticate(text + "0").status().message(), said);
  EXPECT_EQ(ring->authenticate("").status().message(), said);
}

TEST_F(ApiKeyTest, a_key_ends_when_it_expires) {
  const std::string text = add("short", clock.wall_millis() + 1000);
  ASSERT_TRUE(ring->refresh().ok());
  EXPECT_TRUE(ring->authenticate(text).ok());
  clock.advance(Millis(1000));
  EXPECT_FALSE(ring->authenticate(text).ok());
}

TEST_F(ApiKeyTest, the_day_of_the_last_use_is_written_once_a_day) {
  const std::string text = add("scanner");
  ASSERT_TRUE(ring->refresh().ok());
  EXPECT_EQ(keys.list()->front().used_day, "");
  ASSERT_TRUE(ring->authenticate(text).ok());
  ASSERT_TRUE(ring->refresh().ok());
  EXPECT_EQ(keys.list()->front().used_day, "2023-11-14");
  const std::int64_t version = *database->data_version();
  ASSERT_TRUE(ring->authenticate(text).ok());
  ASSERT_TRUE(ring->refresh().ok());
  EXPECT_EQ(*database->data_version(), version) << "the same day is not written again";
  clock.advance(Millis(24 * 3600 * 1000));
  ASSERT_TRUE(ring->authenticate(text).ok());
  ASSERT_TRUE(ring->refresh().ok());
  EXPECT_EQ(keys.list()->front().used_day, "2023-11-15");
}

TEST_F(ApiKeyTest, names_that_would_be_trouble_in_a_policy_or_a_log_are_refused) {
  for (const char* good : {"scanner-1", "a", "lab.b_2@site", "0"}) {
    EXPECT_TRUE(check_key_name(good).ok()) << good;
  }
  for (const char* bad : {"", "-x", ".", "a b", "a,b", "a|b", "a\nb", "\xC3\xA4", "a:b"}) {
    EXPECT_FALSE(check_key_name(bad).ok()) << bad;
  }
  EXPECT_FALSE(check_key_name(std::string(65, 'a')).ok());
}

}  // namespace tessera::auth
