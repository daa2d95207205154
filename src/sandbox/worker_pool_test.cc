#include "sandbox/worker_pool.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "sandbox/sanitizers.h"
#include "support/hostile_workers.h"

namespace tessera::sandbox {
namespace {

using std::chrono::milliseconds;
using test_support::hostile_worker;

constexpr milliseconds kLong{30'000};

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) {
    ++count;
  }
  ::closedir(folder);
  return count;
}

std::size_t resident_kib() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

// Whether any child is left, alive or dead.
bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

TEST(WorkerPool, one_worker_serves_many_calls_and_a_fresh_one_takes_over_in_time) {
  WorkerPool pool(hostile_worker("echo"), {.workers = 1, .calls_per_worker = 10});
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(pool.call(as_bytes("x"), {}, kLong).ok());
  }
  EXPECT_EQ(pool.counts().started, 3u);
  EXPECT_EQ(pool.counts().broken, 0u);
}

TEST(WorkerPool, a_failure_costs_the_worker_and_not_the_next_call) {
  WorkerPool pool(hostile_worker("leave"), {.workers = 1});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pool.call({}, {}, kLong).status().message(),
              "sandbox worker 'leave': it ended by itself, with exit code 7");
  }
  EXPECT_EQ(pool.counts().started, 3u);
  EXPECT_EQ(pool.counts().broken, 3u);
}

TEST(WorkerPool, a_worker_that_spoke_out_of_turn_or_used_up_its_time_is_not_used_again) {
  WorkerPool pool(hostile_worker("answer_twice"), {.workers = 1});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(pool.call({}, {}, kLong).ok());
    ::usleep(50'000);  // its second answer is there by now
  }
  EXPECT_EQ(pool.counts().started, 3u);
}

TEST(WorkerPool, many_threads_share_a_few_workers) {
  WorkerPool pool(hostile_worker("echo"), {.workers = 3, .calls_per_worker = 20});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string word = std::to_string(t) + ":" + std::to_string(i);
        const auto reply = pool.call(as_bytes(word), {}, kLong);
        wrong += !reply.ok() || as_text(*reply) != word;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(pool.counts().started, 400u / 20);
}

TEST(WorkerPool, a_call_that_finds_no_free_worker_in_time_says_so) {
  WorkerPool pool(hostile_worker("loop_for_ever"), {.workers = 1});
  std::thread first([&] { (void)pool.call({}, {}, milliseconds(3000)); });
  while (pool.counts().started == 0) {
    ::usleep(1000);
  }
  const auto second = pool.call({}, {}, milliseconds(100));
  EXPECT_EQ(second.status().code(), Code::Unavailable);
  EXPECT_EQ(second.status().message(), "sandbox worker 'loop_for_ever': all 1 are busy");
  first.join();
}

TEST(WorkerPool, stopping_ends_calls_at_once) {
  WorkerPool pool(hostile_worker("loop_for_ever"), {.workers = 1});
  Status first;
  Status second;
  std::thread one([&] { first = pool.call({}, {}, kLong).status(); });
  while (pool.counts().started == 0) {
    ::usleep(1000);
  }
  std::thread two([&] { second = pool.call({}, {}, kLong).status(); });
  ::usleep(50'000);
  const auto before = std::chrono::steady_clock::now();
  pool.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(5000));
  one.join();
  two.join();
  EXPECT_EQ(first.message(), "sandbox worker 'loop_for_ever': the program is shutting down");
  EXPECT_EQ(second.message(), first.message());
  EXPECT_EQ(pool.call({}, {}, kLong).status().code(), Code::Cancelled);
  EXPECT_FALSE(has_children());
}

TEST(WorkerPool, a_thread_that_ends_does_not_take_its_worker_along) {
  WorkerPool pool(hostile_worker("echo"), {.workers = 1});
  std::thread([&] { EXPECT_TRUE(pool.call({}, {}, kLong).ok()); }).join();
  ::usleep(50'000);
  EXPECT_TRUE(pool.call({}, {}, kLong).ok());
  EXPECT_EQ(pool.counts().started, 1u);
}

// `starts` workers, a quarter of them ending badly, from four threads.
void start_and_end(WorkerPool& good, WorkerPool& bad, int starts) {
  std::atomic<int> left{starts};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int turn = left--; turn > 0; turn = left--) {
        wrong += turn % 4 != 0 ? !good.call({}, {}, kLong).ok() : bad.call({}, {}, kLong).ok();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

TEST(WorkerPool, a_thousand_workers_leave_no_descriptor_process_or_memory) {
  const int starts = kSanitized ? 60 : 1000;
  {
    WorkerPool good(hostile_worker("echo"), {.workers = 4, .calls_per_worker = 1});
    WorkerPool bad(hostile_worker("leave"), {.workers = 4});
    start_and_end(good, bad, starts / 10);
    const std::size_t descriptors = open_descriptors();
    const std::size_t memory = resident_kib();
    start_and_end(good, bad, starts - starts / 10);
    EXPECT_EQ(good.counts().started + bad.counts().started, static_cast<std::uint64_t>(starts));
    EXPECT_EQ(open_descriptors(), descriptors);
    EXPECT_LT(resident_kib(), memory + 4096);
    EXPECT_FALSE(has_children());
  }
}

}  // namespace
}  // namespace tessera::sandbox
