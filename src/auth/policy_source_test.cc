#include "auth/policy_source.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "base/file.h"

namespace tessera::auth {

namespace {

constexpr std::string_view kReads = "[[grants]]\nwho='anyone'\nactions='read'\n";
constexpr std::string_view kWrites = "[[grants]]\nwho='anyone'\nactions='write'\n# another size\n";

class PolicySourceTest : public ::testing::Test {
 protected:
  void write(std::string_view text) { ASSERT_TRUE(write_file_atomically(file, as_bytes(text)).ok()); }
  static bool may(const PolicySource& source, Action action) { return source.current()->anywhere({}, action); }

  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "policy_source.toml";
  Log log{{.level = LogLevel::Off}};
};

}  // namespace

TEST_F(PolicySourceTest, a_broken_file_is_refused_at_start_and_changes_nothing_later) {
  write("grants = 1");
  EXPECT_FALSE(PolicySource::make(file, false, log).ok());
  EXPECT_FALSE(PolicySource::make(file.string() + ".none", false, log).ok());
  write(kReads);
  const auto source = std::move(*PolicySource::make(file, false, log));
  const auto held = source->current();
  write("grants = 1");
  source->reload();
  EXPECT_TRUE(may(*source, Action::Read));
  write(kWrites);
  source->reload();
  EXPECT_TRUE(may(*source, Action::Write));
  EXPECT_FALSE(may(*source, Action::Read));
  EXPECT_TRUE(held->anywhere({}, Action::Read)) << "who began with the old policy keeps it";
}

TEST_F(PolicySourceTest, a_changed_file_is_read_without_being_told) {
  write(kReads);
  const auto source = std::move(*PolicySource::make(file, false, log));
  write(kWrites);
  for (int i = 0; i < 200 && !may(*source, Action::Write); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(may(*source, Action::Write));
}

}  // namespace tessera::auth
