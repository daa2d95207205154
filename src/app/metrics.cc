#include "app/metrics.h"

#include <algorithm>
#include <map>

namespace tessera::app {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr unsigned kMethodShift = 56;  // user addresses have 47 bits, or 56 with five-level paging
constexpr std::array<std::string_view, 8> kMethods = {"other",  "GET",     "HEAD",  "POST",
                                                      "DELETE", "OPTIONS", "PATCH", "PUT"};

std::uint64_t key_of(std::string_view route, std::string_view method) {
  const auto found = std::find(kMethods.begin() + 1, kMethods.end(), method);
  const auto index = found == kMethods.end() ? 0 : static_cast<std::uint64_t>(found - kMethods.begin());
  return reinterpret_cast<std::uint64_t>(route.data()) | index << kMethodShift;
}

std::string_view route_of(std::uint64_t key) {
  return reinterpret_cast<const char*>(key & ((1ull << kMethodShift) - 1));
}
std::string_view method_of(std::uint64_t key) {
  return kMethods[key >> kMethodShift];
}

std::size_t next_shard() {
  static std::atomic<std::size_t> next{0};
  return next.fetch_add(1, kRelaxed);
}

}  // namespace

// What all shards hold of one route and method.
struct Metrics::Sum {
  std::array<TimeHistogram::Snapshot, kClasses> times{};
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::string_view route, method;
};

Metrics::Metrics() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}
Metrics::~Metrics() = default;

// Routes are literals: equal addresses are equal routes, and a series once taken stays.
Metrics::Series& Metrics::find(Shard& shard, std::uint64_t key) {
  const std::size_t start = (key >> 4 ^ key >> kMethodShift) % kSeries;
  for (std::size_t step = 0; step < kSeries - 1; ++step) {
    Series& series = shard.series[(start + step) % kSeries];
    std::uint64_t held = series.key.load(kRelaxed);
    if (held == key || (held == 0 && series.key.compare_exchange_strong(held, key)) || held == key) {
      return series;
    }
  }
  return shard.series[start];
}

void Metrics::record(const net::AccessRecord& record) {
  static thread_local const std::size_t shard = next_shard() % kShards;
  const std::string_view route = record.route.empty() ? std::string_view("other") : record.route;
  Series& series = find((*shards_)[shard], key_of(route, record.method));
  const std::size_t status_class = static_cast<std::size_t>(record.status) / 100;
  series.times[status_class < kClasses ? status_class : 0].add(record.micros);
  series.bytes_in.fetch_add(record.bytes_in, kRelaxed);
  series.bytes_out.fetch_add(record.bytes_out, kRelaxed);
}

void Metrics::collect(std::function<void(Exposition&)> collector) {
  collectors_.push_back(std::move(collector));
}

std::vector<Metrics::Sum> Metrics::sums() const {
  // By text, not by address: two literals of one text are one series.
  std::map<std::pair<std::string_view, std::string_view>, Sum> sums;
  for (const Shard& shard : *shards_) {
    for (const Series& series : shard.series) {
      const std::uint64_t key = series.key.load();
      if (key == 0) {
        continue;
      }
      Sum& sum = sums[{route_of(key), method_of(key)}];
      for (std::size_t i = 0; i < kClasses; ++i) {
        sum.times[i] += series.times[i].snapshot();
      }
      sum.bytes_in += series.bytes_in.load(kRelaxed);
      sum.bytes_out += series.bytes_out.load(kRelaxed);
    }
  }
  std::vector<Sum> out;
  for (auto& [names, sum] : sums) {
    sum.route = names.first;
    sum.method = names.second;
    out.push_back(sum);
  }
  return out;
}

void Metrics::render_requests(Exposition& out) const {
  const std::vector<Sum> all = sums();
  constexpr std::array<std::string_view, kClasses> kNames = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  const auto each_class = [&](const auto& write) {
    for (const Sum& sum : all) {
      for (std::size_t i = 0; i < kClasses; ++i) {
        if (sum.times[i].count() > 0) {
          write(sum, sum.times[i], kNames[i]);
        }
      }
    }
  };
  out.family("tessera_http_requests_total", "counter", "Requests answered.");
  each_class([&](const Sum& sum, const auto& times, std::string_view status) {
    out.sample(static_cast<double>(times.count()), {{"route", sum.route}, {"method", sum.method}, {"status", status}});
  });
  out.family("tessera_http_request_seconds", "histogram", "From the head's first byte to the last byte sent.");
  each_class([&](const Sum& sum, const auto& times, std::string_view status) {
    out.histogram(times, {{"route", sum.route}, {"method", sum.method}, {"status", status}});
  });
  out.family("tessera_http_received_bytes_total", "counter", "Bytes of requests.");
  for (const Sum& sum : all) {
    out.sample(static_cast<double>(sum.bytes_in), {{"route", sum.route}, {"method", sum.method}});
  }
  out.family("tessera_http_sent_bytes_total", "counter", "Bytes of responses.");
  for (const Sum& sum : all) {
    out.sample(static_cast<double>(sum.bytes_out), {{"route", sum.route}, {"method", sum.method}});
  }
}

std::string Metrics::render() const {
  Exposition out;
  render_requests(out);
  for (const auto& collector : collectors_) {
    collector(out);
  }
  return out.take();
}

}  // namespace tessera::app
