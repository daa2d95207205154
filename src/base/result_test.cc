#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tessera {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) {
    return Status(Code::InvalidArgument, std::to_string(number) + " is odd");
  }
  return number / 2;
}

Result<std::string> quarter_as_text(int number) {
  TRY_ASSIGN(const int once, half(number));
  TRY_ASSIGN(const int twice, half(once));
  return std::to_string(twice);
}

Status both_even(int a, int b) {
  RETURN_IF_ERROR(half(a).status());
  RETURN_IF_ERROR(half(b).status());
  return {};
}

TEST(Result, holds_a_value_or_the_reason_why_there_is_none) {
  EXPECT_TRUE(half(4).ok());
  EXPECT_EQ(*half(4), 2);
  EXPECT_TRUE(half(4).status().ok());
  EXPECT_FALSE(half(3).ok());
  EXPECT_EQ(half(3).status().message(), "3 is odd");
}

TEST(Result, try_assign_passes_the_first_failure_on) {
  EXPECT_EQ(*quarter_as_text(8), "2");
  EXPECT_EQ(quarter_as_text(7).status().message(), "7 is odd");
  EXPECT_EQ(quarter_as_text(6).status().message(), "3 is odd");
}

TEST(Result, return_if_error_passes_the_first_failure_on) {
  EXPECT_TRUE(both_even(2, 4).ok());
  EXPECT_EQ(both_even(2, 5).message(), "5 is odd");
}

TEST(Result, carries_what_can_only_be_moved) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(ResultDeathTest, reading_the_value_of_a_failure_ends_the_program) {
  EXPECT_DEATH({ [[maybe_unused]] int value = *half(3); }, "");
}

TEST(ResultDeathTest, a_failure_made_of_an_ok_status_ends_the_program) {
  EXPECT_DEATH({ Result<int> wrong{Status()}; }, "");
}

}  // namespace
}  // namespace tessera
