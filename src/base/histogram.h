// TimeHistogram: how long things took, in fixed buckets, for metrics. add() is one relaxed increment of two counters:
// no lock, safe from many threads. A snapshot may be off by what is being added.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tessera {

class TimeHistogram {
 public:
  // Upper bounds in seconds; a last bucket takes the rest. From a tile in the page cache to a slide on a slow line.
  static constexpr std::array<double, 13> kBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.025,
                                                     0.1,    0.25,    1,      5,     30,     300};
  static constexpr std::size_t kBuckets = kBounds.size() + 1;

  struct Snapshot {
    std::array<std::uint64_t, kBuckets> buckets{};  // each by itself, not summed up
    std::uint64_t micros = 0;
    std::uint64_t count() const {
      std::uint64_t total = 0;
      for (const std::uint64_t bucket : buckets) {
        total += bucket;
      }
      return total;
    }
    Snapshot& operator+=(const Snapshot& other) {
      for (std::size_t i = 0; i < kBuckets; ++i) {
        buckets[i] += other.buckets[i];
      }
      micros += other.micros;
      return *this;
    }
  };

  void add(std::uint64_t micros) {
    const double seconds = static_cast<double>(micros) / 1e6;
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && seconds > kBounds[bucket]) {
      ++bucket;
    }
    buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
    micros_.fetch_add(micros, std::memory_order_relaxed);
  }

  Snapshot snapshot() const {
    Snapshot out;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      out.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    }
    out.micros = micros_.load(std::memory_order_relaxed);
    return out;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::uint64_t> micros_{0};
};

}  // namespace tessera
