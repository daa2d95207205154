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

TEST(Rfc3339, what_is_written_is_read_and_zones_and_fractions_are_counted) {
  for (const std::int64_t millis : {std::int64_t{0}, std::int64_t{1'795'420'335'120}, std::int64_t{-1}}) {
    EXPECT_EQ(*parse_rfc3339(rfc3339(millis)), millis);
  }
  EXPECT_EQ(*parse_rfc3339("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(*parse_rfc3339("1969-12-31t18:30:00-05:30"), 0);
  EXPECT_EQ(*parse_rfc3339("1970-01-01T00:00:00.5Z"), 500);
  EXPECT_EQ(*parse_rfc3339("1970-01-01T00:00:00.1200000Z"), 120);
  EXPECT_EQ(*parse_rfc3339("1970-01-01T00:00:00.1200001Z"), 121) << "rounded up";
  EXPECT_LT(*parse_rfc3339("0001-01-01T00:00:00.0000000+00:00"), 0) << "what .NET calls the beginning";
}

TEST(Rfc3339, what_is_no_time_is_refused_and_says_why) {
  for (const char* bad : {"", "foo", "2023-05-03", "2023-05-03T10:58:00.Z", "2023-13-03T10:58:00Z",
                          "2023-02-29T10:58:00Z", "2023-05-03T24:00:00Z", "2023-05-03T10:60:00Z", "2023-5-3T10:58:00Z",
                          "2023-05-03T10:58:00Zx", "2023-05-03T10:58:00+0100", "2023-05-03T10:58:00+25:00"}) {
    EXPECT_EQ(parse_rfc3339(bad).status().code(), Code::InvalidArgument) << bad;
  }
  const Status without = parse_rfc3339("2023-05-03T10:58:00").status();
  EXPECT_NE(without.message().find("no zone"), std::string_view::npos) << without.message();
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
