#include "base/lru.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace tessera {
namespace {

TEST(Lru, the_least_recently_used_leaves_first) {
  Lru<int, std::string> cache(3);
  cache.put(1, "one", 1);
  cache.put(2, "two", 1);
  cache.put(3, "three", 1);
  EXPECT_EQ(cache.get(1), "one");
  cache.put(4, "four", 1);
  EXPECT_EQ(cache.get(2), std::nullopt);
  EXPECT_EQ(cache.get(1), "one");
  EXPECT_EQ(cache.get(3), "three");
  EXPECT_EQ(cache.get(4), "four");
}

TEST(Lru, weight_is_what_it_is_bounded_by) {
  Lru<int, int> cache(100);
  for (int i = 0; i < 50; ++i) {
    cache.put(i, i, 30);
    EXPECT_LE(cache.counters().weight, 100U);
  }
  EXPECT_EQ(cache.counters().entries, 3U);
  cache.put(99, 99, 100);
  EXPECT_EQ(cache.counters().entries, 1U);
  EXPECT_EQ(cache.get(99), 99);
}

TEST(Lru, a_value_heavier_than_the_cache_is_not_kept_and_its_predecessor_is_gone) {
  Lru<int, int> cache(10);
  cache.put(1, 1, 5);
  cache.put(2, 2, 5);
  cache.put(1, 11, 11);
  EXPECT_EQ(cache.get(1), std::nullopt);
  EXPECT_EQ(cache.get(2), 2);
  EXPECT_EQ(cache.counters().weight, 5U);
}

TEST(Lru, a_new_value_of_a_key_replaces_value_and_weight) {
  Lru<int, int> cache(10);
  cache.put(1, 1, 8);
  cache.put(1, 2, 3);
  EXPECT_EQ(cache.get(1), 2);
  EXPECT_EQ(cache.counters().weight, 3U);
}

TEST(Lru, erase_and_clear_give_the_weight_back) {
  Lru<int, int> cache(10);
  cache.put(1, 1, 4);
  cache.put(2, 2, 4);
  cache.erase(1);
  cache.erase(7);
  EXPECT_EQ(cache.counters().weight, 4U);
  cache.clear();
  EXPECT_EQ(cache.counters().weight, 0U);
  EXPECT_EQ(cache.get(2), std::nullopt);
}

TEST(Lru, hits_and_misses_are_counted_once_each) {
  Lru<int, int> cache(10);
  cache.put(1, 1, 1);
  (void)cache.get(1);
  (void)cache.get(2);
  (void)cache.get(1);
  EXPECT_EQ(cache.counters().hits, 2U);
  EXPECT_EQ(cache.counters().misses, 1U);
}

TEST(Lru, many_threads_never_see_another_keys_value) {
  Lru<int, int> cache(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 20'000; ++i) {
        const int key = (i * 7 + t) % 100;
        if (const auto value = cache.get(key)) {
          ASSERT_EQ(*value, key * 3);
        } else {
          cache.put(key, key * 3, 1);
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_LE(cache.counters().weight, 64U);
}

}  // namespace
}  // namespace tessera
