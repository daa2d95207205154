// Metrics: what Prometheus reads at /metrics. record() is on the tile path: one array of atomics per route and status
// class, found by the address of the route's literal, no lock. Safe from many threads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/server.h"

namespace tessera::app {

class Metrics {
 public:
  // Read when asked for: sizes, counters kept elsewhere. `kind` is "gauge" or "counter".
  void watch(std::string name, std::string help, std::string kind, std::function<double()> value);

  void record(const net::AccessRecord& record);

  // Prometheus text format 0.0.4.
  std::string render() const;

 private:
  static constexpr std::size_t kRoutes = 64;
  static constexpr std::array<double, 8> kSeconds = {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};

  struct Route {
    std::atomic<const char*> label{nullptr};
    std::atomic<std::uint64_t> label_length{0};
    std::array<std::atomic<std::uint64_t>, 6> by_class{};  // 1xx … 5xx by their first digit; 0 unused
    std::array<std::atomic<std::uint64_t>, kSeconds.size() + 1> by_time{};
    std::atomic<std::uint64_t> micros{0};
    std::atomic<std::uint64_t> bytes_in{0};
    std::atomic<std::uint64_t> bytes_out{0};
  };
  struct Watch {
    std::string name, help, kind;
    std::function<double()> value;
  };

  Route& route_of(std::string_view label);

  std::array<Route, kRoutes> routes_;
  std::vector<Watch> watches_;  // constant once the server runs
};

}  // namespace tessera::app
