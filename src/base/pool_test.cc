#include "base/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace tessera {
namespace {

TEST(Pool, the_end_waits_for_all_that_was_posted) {
  std::atomic<int> done = 0;
  {
    Pool pool("test", 3);
    for (int i = 0; i < 1000; ++i) {
      pool.post([&done] { ++done; });
    }
  }
  EXPECT_EQ(done, 1000);
}

TEST(Pool, a_task_may_post_the_next_one_also_while_the_pool_ends) {
  int steps = 0;  // one thread, so no race
  std::function<void(Pool&)> next = [&](Pool& pool) {
    if (++steps < 100) {
      pool.post([&] { next(pool); });
    }
  };
  {
    Pool pool("chain", 1);
    pool.post([&] { next(pool); });
  }
  EXPECT_EQ(steps, 100);
}

TEST(Pool, tasks_run_at_once_on_its_threads) {
  std::promise<void> first_is_running;
  std::promise<void> second_ran;
  std::promise<bool> met;
  Pool pool("pair", 2);
  pool.post([&] {
    first_is_running.set_value();
    met.set_value(second_ran.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  });
  first_is_running.get_future().wait();
  pool.post([&] { second_ran.set_value(); });
  EXPECT_TRUE(met.get_future().get());
}

TEST(Pool, no_threads_asked_for_still_gives_one) {
  std::promise<void> ran;
  Pool pool("none", 0);
  pool.post([&] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(Pool, a_task_is_forgotten_before_the_next_begins) {
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> watched = held;
  std::promise<bool> gone;
  Pool pool("drop", 1);
  pool.post([held = std::move(held)] {});
  pool.post([&] { gone.set_value(watched.expired()); });
  EXPECT_TRUE(gone.get_future().get());
}

TEST(Pool, waiting_counts_what_no_thread_has_taken_yet) {
  std::promise<void> started;
  std::promise<void> go_on;
  Pool pool("wait", 1);
  pool.post([&] {
    started.set_value();
    go_on.get_future().wait();
  });
  started.get_future().wait();
  pool.post([] {});
  pool.post([] {});
  EXPECT_EQ(pool.waiting(), 2U);
  go_on.set_value();
}

}  // namespace
}  // namespace tessera
