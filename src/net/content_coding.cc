#include "net/content_coding.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace tessera::net {

namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

bool is(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && strncasecmp(text.data(), lower.data(), lower.size()) == 0;
}

// The weight after the coding's ';'; below 0 when it is malformed.
double weight(std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals == parameter.npos || !is(trim(parameter.substr(0, equals)), "q")) {
    return -1;
  }
  const std::string_view text = trim(parameter.substr(equals + 1));
  double q = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), q, std::chars_format::fixed);
  const bool number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return number && q >= 0 && q <= 1 ? q : -1;
}

}  // namespace

bool prefers_gzip(std::string_view accept_encoding) {
  double gzip = -1;
  double identity = -1;
  double any = -1;
  while (!accept_encoding.empty()) {
    const std::size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view element = accept_encoding.substr(0, end);
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    const std::string_view coding = trim(element.substr(0, semicolon));
    const double q = semicolon == element.size() ? 1 : weight(element.substr(semicolon + 1));
    if (is(coding, "gzip") || is(coding, "x-gzip")) {
      gzip = std::max(gzip, q);
    } else if (is(coding, "identity")) {
      identity = std::max(identity, q);
    } else if (coding == "*") {
      any = std::max(any, q);
    }
  }
  gzip = gzip < 0 ? any : gzip;
  return gzip > 0 && gzip >= identity;
}

}  // namespace tessera::net
