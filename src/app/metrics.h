// Metrics: what Prometheus reads at /metrics. record() is on the tile path: relaxed increments in the calling thread's
// own part of memory, found by the address of the route's literal; no lock, no allocation. Everything else is read
// where it is kept when somebody asks (collect). Safe from many threads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/exposition.h"
#include "base/histogram.h"
#include "net/server.h"

namespace tessera::app {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  void record(const net::AccessRecord& record);

  // Called at every render; before the server runs. What it writes must be families of its own.
  void collect(std::function<void(Exposition&)> collector);

  std::string render() const;

 private:
  static constexpr std::size_t kShards = 8;    // threads beyond that share
  static constexpr std::size_t kSeries = 128;  // routes times methods, with room to spare; more are counted as one
  static constexpr std::size_t kClasses = 6;  // 1xx … 5xx by their first digit; 0 is what was cut off before an answer

  // One route and method. `key`: the literal's address, with the method in the bits above it; 0: free.
  struct Series {
    std::atomic<std::uint64_t> key{0};
    std::array<TimeHistogram, kClasses> times;
    std::atomic<std::uint64_t> bytes_in{0};
    std::atomic<std::uint64_t> bytes_out{0};
  };
  struct Shard {
    std::array<Series, kSeries> series;
  };
  struct Sum;

  static Series& find(Shard& shard, std::uint64_t key);
  std::vector<Sum> sums() const;
  void render_requests(Exposition& out) const;

  const std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::vector<std::function<void(Exposition&)>> collectors_;  // constant once the server runs
};

}  // namespace tessera::app
