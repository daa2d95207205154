#include "auth/audit_trail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>

#include "auth/audit_verify.h"

namespace tessera::auth {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Trail : public testing::Test {
 protected:
  Trail() {
    std::string pattern = (fs::temp_directory_path() / "tessera-trail-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.folder = folder_ / "audit";
  }
  ~Trail() override { fs::remove_all(folder_); }

  std::unique_ptr<AuditTrail> open() {
    auto trail = AuditTrail::open(options_, log_);
    EXPECT_TRUE(trail.ok()) << trail.status().message();
    return std::move(*trail);
  }

  std::string text() const {
    std::string all;
    const auto names = list_audit_files(options_.folder);
    for (const AuditFileName& name : *names) {
      std::ifstream in(options_.folder / name.name);
      std::stringstream one;
      one << in.rdbuf();
      all += one.str();
    }
    return all;
  }

  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) {
      ++found;
    }
    return found;
  }

  fs::path folder_;
  AuditTrail::Options options_;
  Log log_{{.level = LogLevel::Off}};
};

// What this thread used of a core so far.
double thread_nanos() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

AuditEvent store(const Identity& who) {
  AuditEvent event;
  event.event = "store";
  event.status = 200;
  event.who = &who;
  event.from = "192.0.2.7";
  return event;
}

TEST_F(Trail, a_committed_line_is_on_the_disk) {
  const auto trail = open();
  Identity who;
  who.subject = "lab";
  EXPECT_TRUE(trail->commit(store(who)).ok());
  EXPECT_THAT(text(), HasSubstr("\"subject\":\"lab\""));
}

TEST_F(Trail, the_cost_of_a_commit_is_a_few_milliseconds) {
  const auto trail = open();
  const Identity who;
  constexpr int kCommits = 100;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kCommits; ++i) {
    ASSERT_TRUE(trail->commit(store(who)).ok());
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  std::printf("[ cost     ] %.2f ms for a commit, one after the other\n", took.count() / kCommits);
  EXPECT_LT(took.count() / kCommits, 500);
}

TEST_F(Trail, repeated_reads_are_one_line_with_their_number) {
  {
    const auto trail = open();
    Identity who;
    who.subject = "viewer";
    who.proof = Proof::Token;
    AuditRead read{"frames", 200, &who, "192.0.2.7", "", "lab", "1.2", "1.2.3", "1.2.3.4"};
    for (int i = 0; i < 1000; ++i) {
      trail->add(read);
    }
    read.status = 404;
    trail->add(read);
  }
  EXPECT_THAT(text(), HasSubstr("\"count\":1000,"));
  EXPECT_EQ(count(text(), "\"event\":\"frames\""), 2u);
  EXPECT_THAT(text(), HasSubstr("\"outcome\":\"failure\",\"status\":404"));
  EXPECT_FALSE(verify_audit(options_.folder)->broken);
}

TEST_F(Trail, a_read_costs_the_tile_path_well_below_a_microsecond) {
  const auto trail = open();
  Identity who;
  who.subject = "a-subject-as-an-issuer-gives-it";
  who.issuer = "https://login.example/realms/pathology";
  const AuditRead read{"frames",
                       200,
                       &who,
                       "192.0.2.7",
                       "",
                       "",
                       "1.2.276.0.7230010.3.1.2.4011271452.21348.1700000000.1",
                       "1.2.276.0.7230010.3.1.3.4011271452.21348.1700000000.2",
                       "1.2.276.0.7230010.3.1.4.4011271452.21348.1700000000.3"};
  constexpr int kReads = 200'000;
  const auto begin = thread_nanos();
  for (int i = 0; i < kReads; ++i) {
    trail->add(read);
  }
  const double each = (thread_nanos() - begin) / kReads;
  std::printf("[ cost     ] %.0f ns of a core for a read\n", each);
  EXPECT_LT(each, 20'000);  // far above, so that a sanitizer passes
}

TEST_F(Trail, a_flood_of_denials_is_few_lines_and_a_count) {
  {
    const auto trail = open();
    const Identity who;
    AuditEvent event = store(who);
    event.outcome = AuditOutcome::Denied;
    event.status = 401;
    for (int i = 0; i < 20'000; ++i) {
      trail->note_limited(event, {"store", 401, &who, "192.0.2.7", "", "", "", "", ""});
    }
  }
  const std::string all = text();
  EXPECT_LE(count(all, "\n"), 50u * 30);  // a machine may take half a minute for the flood, and not more
  EXPECT_THAT(all, HasSubstr("\"count\":"));
}

TEST_F(Trail, reads_beyond_the_room_are_counted_as_lost) {
  options_.max_queue_bytes = 4000;
  {
    const auto trail = open();
    const Identity who;
    for (int i = 0; i < 5000; ++i) {
      trail->note(store(who));
    }
  }
  EXPECT_THAT(text(), HasSubstr("\"event\":\"lost\",\"outcome\":\"failure\",\"what\":{\"count\":"));
}

TEST_F(Trail, many_instances_in_one_window_stay_bounded_and_none_is_forgotten) {
  constexpr int kInstances = 40'000;
  options_.max_queue_bytes = 64 << 20;
  {
    const auto trail = open();
    const Identity who;
    for (int i = 0; i < kInstances; ++i) {
      const std::string sop = "1.2.3." + std::to_string(i);
      trail->add({"frames", 200, &who, "192.0.2.7", "", "", "1.2", "1.2.3", sop});
    }
  }
  EXPECT_EQ(count(text(), "\"event\":\"frames\""), std::size_t{kInstances});
}

TEST_F(Trail, a_trail_that_cannot_be_written_refuses_changes_and_takes_them_again_when_it_can) {
  const auto trail = open();
  const Identity who;
  ASSERT_TRUE(trail->commit(store(who)).ok());
  fs::rename(options_.folder, folder_ / "away");  // the next append finds no folder
  EXPECT_FALSE(trail->commit(store(who)).ok());
  EXPECT_FALSE(trail->ready().ok());
  EXPECT_TRUE(trail->counts().failing);
  fs::rename(folder_ / "away", options_.folder);
  for (int i = 0; i < 100 && !trail->ready().ok(); ++i) {
    ::usleep(100'000);
  }
  EXPECT_TRUE(trail->ready().ok());
  EXPECT_TRUE(trail->commit(store(who)).ok());
  EXPECT_EQ(count(text(), "\"event\":\"store\""), 3u);  // the one that was refused was kept
  EXPECT_FALSE(verify_audit(options_.folder)->broken);
}

TEST_F(Trail, where_it_is_not_required_changes_go_on) {
  options_.required = false;
  const auto trail = open();
  fs::rename(options_.folder, folder_ / "away");
  const Identity who;
  EXPECT_TRUE(trail->commit(store(who)).ok());
  EXPECT_TRUE(trail->ready().ok());
  fs::rename(folder_ / "away", options_.folder);
}

}  // namespace
}  // namespace tessera::auth
