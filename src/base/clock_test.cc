#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace tessera {
namespace {

TEST(Rfc3339, is_utc_with_three_digits_of_a_second) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1'795'420'335'120), "2026-11-23T07:52:15.120Z");
  EXPECT_EQ(rfc3339(951'782'399'007), "2000-02-28T23:59:59.007Z");
  EXPECT_EQ(rfc3339(951'782'400'000), "2000-02-29T00:00:00.000Z");
}

TEST(Rfc3339, times_before_1970_round_down) {
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(-1000), "1969-12-31T23:59:59.000Z");
}

TEST(SystemClock, knows_this_century_and_never_goes_back) {
  const SystemClock clock;
  EXPECT_GT(clock.wall_millis(), 1'700'000'000'000);
  const auto before = clock.now();
  std::this_thread::sleep_for(Millis(2));
  EXPECT_GE(clock.now() - before, Millis(2));
}

}  // namespace
}  // namespace tessera
