// Conditional requests and caching (RFC 9110 §13, design §4.7): entity tags are strong and quoted; a URL that names the
// version (?v={watermark}) may be kept for good, every other must be asked again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"

namespace tessera::dicomweb {

// Which version of which representation an answer is: what 200, 206 and 304 alike say of it.
struct Validator {
  std::string etag;                   // with its quotes
  std::string_view vary = "Accept";   // the request's fields that chose the representation
  std::int64_t watermark = kUnnamed;  // that a ?v= may name
  static constexpr std::int64_t kUnnamed = -1;
};

// Whether If-None-Match names this tag (lists, several fields, weak forms and "*" included).
bool matches_none(const net::Request& request, std::string_view etag);

// Whether a Range may be answered in part: there is no If-Range, or it is this very tag. A weak tag never is, and a
// date neither, since nothing here has one (RFC 9110 §13.1.5).
bool range_holds(const net::Request& request, std::string_view etag);

// ETag, Cache-Control and Vary.
void set_caching(const net::Request& request, const Validator& validator, net::Response& response);

// 304 with the fields that a 200 would have carried.
net::Response not_modified(const net::Request& request, const Validator& validator);

}  // namespace tessera::dicomweb
