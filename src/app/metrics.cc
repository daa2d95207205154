#include "app/metrics.h"

#include <cstdio>

namespace tessera::app {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

void append_help(std::string& out, std::string_view name, std::string_view help, std::string_view kind) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
  out.append(kind).append("\n");
}

void append_number(std::string& out, double value) {
  char text[40];
  std::snprintf(text, sizeof text, " %.17g\n", value);
  out += text;
}

}  // namespace

void Metrics::watch(std::string name, std::string help, std::string kind, std::function<double()> value) {
  watches_.push_back({std::move(name), std::move(help), std::move(kind), std::move(value)});
}

// Labels are literals: equal addresses are equal labels, and a slot once taken stays.
Metrics::Route& Metrics::route_of(std::string_view label) {
  for (Route& route : routes_) {
    const char* held = route.label.load(std::memory_order_acquire);
    if (held == label.data()) {
      return route;
    }
    if (held == nullptr) {
      if (route.label.compare_exchange_strong(held, label.data())) {
        route.label_length.store(label.size());
        return route;
      }
      if (held == label.data()) {
        return route;
      }
    }
  }
  return routes_.back();
}

void Metrics::record(const net::AccessRecord& record) {
  Route& route = route_of(record.route.empty() ? std::string_view("other") : record.route);
  const unsigned status_class = static_cast<unsigned>(record.status) / 100;
  route.by_class[status_class < route.by_class.size() ? status_class : 0].fetch_add(1, kRelaxed);
  const double seconds = static_cast<double>(record.micros) / 1e6;
  std::size_t bucket = 0;
  while (bucket < kSeconds.size() && seconds > kSeconds[bucket]) {
    ++bucket;
  }
  route.by_time[bucket].fetch_add(1, kRelaxed);
  route.micros.fetch_add(record.micros, kRelaxed);
  route.bytes_in.fetch_add(record.bytes_in, kRelaxed);
  route.bytes_out.fetch_add(record.bytes_out, kRelaxed);
}

std::string Metrics::render() const {
  std::string requests, durations, in, out_bytes;
  append_help(requests, "tessera_http_requests_total", "Requests answered.", "counter");
  append_help(durations, "tessera_http_request_seconds", "From the head's first byte to the last byte sent.",
              "histogram");
  append_help(in, "tessera_http_received_bytes_total", "Bytes of requests.", "counter");
  append_help(out_bytes, "tessera_http_sent_bytes_total", "Bytes of responses.", "counter");
  for (const Route& route : routes_) {
    const char* data = route.label.load();
    if (data == nullptr) {
      break;
    }
    const std::string label = "route=\"" + std::string(data, route.label_length.load()) + "\"";
    for (std::size_t status = 1; status < route.by_class.size(); ++status) {
      const std::uint64_t count = route.by_class[status].load(kRelaxed);
      if (count != 0) {
        requests += "tessera_http_requests_total{" + label + ",status=\"" + std::to_string(status) + "xx\"} " +
                    std::to_string(count) + "\n";
      }
    }
    std::uint64_t total = 0;
    for (std::size_t bucket = 0; bucket < route.by_time.size(); ++bucket) {
      total += route.by_time[bucket].load(kRelaxed);
      char bound[32] = "+Inf";
      if (bucket < kSeconds.size()) {
        std::snprintf(bound, sizeof bound, "%g", kSeconds[bucket]);
      }
      durations +=
          "tessera_http_request_seconds_bucket{" + label + ",le=\"" + bound + "\"} " + std::to_string(total) + "\n";
    }
    durations += "tessera_http_request_seconds_sum{" + label + "}";
    append_number(durations, static_cast<double>(route.micros.load(kRelaxed)) / 1e6);
    durations += "tessera_http_request_seconds_count{" + label + "} " + std::to_string(total) + "\n";
    in += "tessera_http_received_bytes_total{" + label + "} " + std::to_string(route.bytes_in.load(kRelaxed)) + "\n";
    out_bytes +=
        "tessera_http_sent_bytes_total{" + label + "} " + std::to_string(route.bytes_out.load(kRelaxed)) + "\n";
  }
  std::string text = requests + durations + in + out_bytes;
  for (const Watch& watch : watches_) {
    append_help(text, watch.name, watch.help, watch.kind);
    text += watch.name;
    append_number(text, watch.value());
  }
  return text;
}

}  // namespace tessera::app
