// Conditional requests and caching (RFC 9110 §13, design §4.7): entity tags are strong and quoted; a URL that names the
// version (?v={watermark}) may be kept for good, every other must be asked again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"

namespace tessera::dicomweb {

// Whether If-None-Match names this tag (lists, weak forms and "*" included).
bool matches_none(const net::Request& request, std::string_view etag);

// ETag and Cache-Control of content that belongs to `watermark`.
void set_caching(const net::Request& request, std::int64_t watermark, std::string etag, net::Response& response);

// 304 with the fields that a 200 would have carried.
net::Response not_modified(const net::Request& request, std::int64_t watermark, std::string etag);

}  // namespace tessera::dicomweb
