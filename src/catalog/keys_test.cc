#include "catalog/keys.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace tessera::catalog {

namespace {

class KeysTest : public ::testing::Test {
 protected:
  static KeyRow row(std::string id, std::string name) {
    KeyRow made;
    made.id = std::move(id);
    made.name = std::move(name);
    made.digest = "ab";
    made.roles = {"reader", "scanner"};
    return made;
  }

  test::FakeClock clock;
  std::unique_ptr<Database> database = std::move(*open_sqlite(":memory:"));
  Keys keys{*database, clock};
};

}  // namespace

TEST_F(KeysTest, a_name_is_one_living_keys_and_free_again_once_that_is_revoked) {
  ASSERT_TRUE(keys.add(row("a", "scanner")).ok());
  EXPECT_EQ(keys.add(row("b", "scanner")).code(), Code::AlreadyExists);
  ASSERT_TRUE(keys.revoke("scanner").ok());
  EXPECT_EQ(keys.revoke("scanner").code(), Code::NotFound);
  clock.advance(Millis(5));
  ASSERT_TRUE(keys.add(row("b", "scanner")).ok());
  const auto rows = *keys.list();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(rows[0].revoked_millis.has_value());
  EXPECT_EQ(rows[1].roles, (std::vector<std::string>{"reader", "scanner"}));
}

TEST_F(KeysTest, the_last_day_of_use_never_goes_back) {
  ASSERT_TRUE(keys.add(row("a", "scanner")).ok());
  ASSERT_TRUE(keys.note_use("a", "2026-11-25").ok());
  ASSERT_TRUE(keys.note_use("a", "2026-11-24").ok());
  EXPECT_EQ(keys.list()->front().used_day, "2026-11-25");
}

TEST_F(KeysTest, all_are_carried_into_a_new_catalog_as_they_are) {
  KeyRow limited = row("a", "scanner");
  limited.expires_millis = 1'800'000'000'000;
  ASSERT_TRUE(keys.add(limited).ok());
  ASSERT_TRUE(keys.add(row("b", "old")).ok());
  ASSERT_TRUE(keys.revoke("old").ok());
  const auto other = std::move(*open_sqlite(":memory:"));
  EXPECT_EQ(*keys.copy_to(*other), 2u);
  const auto there = *Keys(*other, clock).list();
  ASSERT_EQ(there.size(), 2u);
  EXPECT_EQ(there[0].expires_millis, limited.expires_millis);
  EXPECT_EQ(there[0].created_millis, keys.list()->front().created_millis);
  EXPECT_TRUE(there[1].revoked_millis.has_value());
}

}  // namespace tessera::catalog
