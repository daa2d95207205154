#include "dicomweb/conditional.h"

#include <algorithm>

namespace tessera::dicomweb {

namespace {

constexpr std::string_view kForever = "private, max-age=31536000, immutable";
constexpr std::string_view kAskAgain = "private, max-age=0, must-revalidate";

// Whether the query's v= names this very version; no allocation on the tile path.
bool names_version(std::string_view query, std::int64_t watermark) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (parameter.starts_with("v=")) {
      return parameter.substr(2) == std::to_string(watermark);
    }
  }
  return false;
}

}  // namespace

bool matches_none(const net::Request& request, std::string_view etag) {
  std::string_view rest = request.field("If-None-Match");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string_view candidate = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (candidate.starts_with(' ') || candidate.starts_with('\t')) {
      candidate.remove_prefix(1);
    }
    while (candidate.ends_with(' ') || candidate.ends_with('\t')) {
      candidate.remove_suffix(1);
    }
    if (candidate.starts_with("W/")) {
      candidate.remove_prefix(2);
    }
    if (candidate == "*" || candidate == etag) {
      return true;
    }
  }
  return false;
}

void set_caching(const net::Request& request, std::int64_t watermark, std::string etag, net::Response& response) {
  response.set("ETag", std::move(etag));
  response.set("Cache-Control", std::string(names_version(request.query, watermark) ? kForever : kAskAgain));
}

net::Response not_modified(const net::Request& request, std::int64_t watermark, std::string etag) {
  net::Response response;
  response.status = 304;
  set_caching(request, watermark, std::move(etag), response);
  return response;
}

}  // namespace tessera::dicomweb
