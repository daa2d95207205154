#include "net/content_coding.h"

#include <algorithm>
#include <charconv>

#include "net/field_text.h"

namespace tessera::net {

namespace {

// The weight after the coding's ';'; below 0 when it is malformed.
double weight(std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals == parameter.npos || !same_word(without_blanks(parameter.substr(0, equals)), "q")) {
    return -1;
  }
  const std::string_view text = without_blanks(parameter.substr(equals + 1));
  double q = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), q, std::chars_format::fixed);
  const bool number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return number && q >= 0 && q <= 1 ? q : -1;
}

// How welcome each coding is; below 0 when nothing was said.
struct Weights {
  double gzip = -1, zstd = -1, identity = -1;
};

Weights read_weights(std::string_view accept_encoding) {
  Weights weights;
  double any = -1;
  while (!accept_encoding.empty()) {
    const std::size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view element = accept_encoding.substr(0, end);
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    const std::string_view coding = without_blanks(element.substr(0, semicolon));
    const double q = semicolon == element.size() ? 1 : weight(element.substr(semicolon + 1));
    if (same_word(coding, "gzip") || same_word(coding, "x-gzip")) {
      weights.gzip = std::max(weights.gzip, q);
    } else if (same_word(coding, "zstd")) {
      weights.zstd = std::max(weights.zstd, q);
    } else if (same_word(coding, "identity")) {
      weights.identity = std::max(weights.identity, q);
    } else if (coding == "*") {
      any = std::max(any, q);
    }
  }
  weights.gzip = weights.gzip < 0 ? any : weights.gzip;
  weights.zstd = weights.zstd < 0 ? any : weights.zstd;
  return weights;
}

}  // namespace

ContentCoding preferred_coding(std::string_view accept_encoding) {
  const Weights weights = read_weights(accept_encoding);
  if (weights.gzip > 0 && weights.gzip >= weights.identity && weights.gzip >= weights.zstd) {
    return ContentCoding::Gzip;
  }
  const bool zstd = weights.zstd > 0 && weights.zstd >= weights.identity;
  return zstd ? ContentCoding::Zstd : ContentCoding::Identity;
}

bool prefers_gzip(std::string_view accept_encoding) {
  const Weights weights = read_weights(accept_encoding);
  return weights.gzip > 0 && weights.gzip >= weights.identity;
}

}  // namespace tessera::net
