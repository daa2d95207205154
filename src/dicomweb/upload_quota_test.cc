#include "dicomweb/upload_quota.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace tessera::dicomweb {
namespace {

TEST(UploadQuota, a_day_is_shared_by_a_callers_requests_and_ends_at_midnight) {
  test::FakeClock clock;
  UploadQuota quota({.day_bytes = 100}, clock);
  EXPECT_TRUE(quota.take("scanner", 60).ok());
  EXPECT_EQ(quota.take("scanner", 41).code(), Code::NoSpace);
  EXPECT_TRUE(quota.take("scanner", 40).ok()) << "what was refused was not counted";
  EXPECT_EQ(quota.check_day("scanner", 1).code(), Code::NoSpace);
  EXPECT_TRUE(quota.check_day("other", 100).ok());
  const auto left = quota.seconds_to_tomorrow();
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 86'400);
  clock.advance(std::chrono::seconds(left));
  EXPECT_TRUE(quota.take("scanner", 100).ok());
}

TEST(UploadQuota, a_size_at_the_limit_fits_and_one_byte_more_does_not) {
  test::FakeClock clock;
  const UploadQuota quota({.instance_bytes = 1 << 20, .request_bytes = 1 << 30}, clock);
  EXPECT_TRUE(quota.check_instance(1 << 20).ok());
  EXPECT_EQ(quota.check_instance((1 << 20) + 1).code(), Code::TooLarge);
  EXPECT_NE(quota.check_instance(UINT64_MAX).message().find("1 MiB"), std::string::npos);
  EXPECT_TRUE(quota.check_request(1 << 30).ok());
  EXPECT_NE(quota.check_request(UINT64_MAX).message().find("1 GiB"), std::string::npos);
}

TEST(UploadQuota, a_place_is_free_again_once_its_upload_is_over) {
  test::FakeClock clock;
  auto quota = std::make_unique<UploadQuota>(UploadQuota::Options{.at_once = 2}, clock);
  auto one = quota->enter();
  const auto two = quota->enter();
  EXPECT_TRUE(one != nullptr && two != nullptr);
  EXPECT_EQ(quota->enter(), nullptr);
  EXPECT_EQ(quota->enter(), nullptr) << "a refusal takes no place";
  one.reset();
  EXPECT_NE(quota->enter(), nullptr);
  quota.reset();  // `two` is given back later
}

TEST(UploadQuota, without_limits_everything_fits) {
  test::FakeClock clock;
  UploadQuota quota({}, clock);
  EXPECT_TRUE(quota.check_instance(UINT64_MAX).ok());
  EXPECT_TRUE(quota.check_request(UINT64_MAX).ok());
  EXPECT_TRUE(quota.take("x", UINT64_MAX).ok());
  EXPECT_TRUE(quota.take("x", UINT64_MAX).ok());
}

TEST(UploadQuota, a_length_of_64_bits_does_not_wrap) {
  test::FakeClock clock;
  UploadQuota quota({.day_bytes = 100}, clock);
  EXPECT_TRUE(quota.take("x", 50).ok());
  EXPECT_EQ(quota.check_day("x", UINT64_MAX - 10).code(), Code::NoSpace);
}

}  // namespace
}  // namespace tessera::dicomweb
