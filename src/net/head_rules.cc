#include "net/head_rules.h"

#include <algorithm>
#include <cstdint>

#include "net/field_text.h"

namespace tessera::net {

namespace {

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
constexpr std::size_t kMaxLengthDigits = 18;  // below 2^63, and no machine has the rest

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

Refusal bad(std::string why) {
  return {400, std::move(why)};
}

// method SP target SP version, of visible ASCII.
Refusal check_request_line(std::string_view line) {
  const bool plain = std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (!plain || first == line.npos || line.find(' ', first + 1) != last || last == first ||
      !is_token(line.substr(0, first)) || last == first + 1) {
    return bad("The first line of the request is not method, target and version.");
  }
  const std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) || version[6] != '.' ||
      !is_digit(version[7])) {
    return bad("The first line of the request names no version of HTTP.");
  }
  return names_known_version(line) ? Refusal{} : Refusal{505, "This server speaks HTTP/1.1 and HTTP/1.0."};
}

Refusal check_field_line(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) {
    return bad("A field of the request is folded over several lines.");
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon))) {
    return bad("A field of the request is not name, colon, value.");
  }
  const bool plain = std::all_of(line.begin() + static_cast<std::ptrdiff_t>(colon), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
  return plain ? Refusal{} : bad("A field of the request holds a control character.");
}

// "host", "host:port", "[v6]:port"; no user, no path.
bool is_authority(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == text.npos) {
    return false;
  }
  const std::size_t colon = text.find(':', bracket);
  const std::string_view host = text.substr(0, colon);
  if (colon != text.npos && text.size() > colon + 1 &&
      (!all_digits(text.substr(colon + 1)) || text.size() > colon + 6)) {
    return false;
  }
  if (bracket != 0) {
    return host.size() > 3 && host.size() == bracket + 1 &&
           host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == bracket;
  }
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

// The authority of an absolute-form target; empty for every other.
std::string_view authority_of(std::string_view target) {
  const std::size_t slashes =
      target.starts_with("http://") || target.starts_with("https://") ? target.find("//") : target.npos;
  if (slashes == target.npos) {
    return {};
  }
  target.remove_prefix(slashes + 2);
  return target.substr(0, target.find_first_of("/?#"));
}

// How many fields have that name, and the last one's value.
std::size_t count_fields(const Request& request, std::string_view name, std::string_view& value) {
  std::size_t count = 0;
  for (const auto& [key, text] : request.fields) {
    if (same_word(key, name)) {
      ++count;
      value = text;
    }
  }
  return count;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || kTokenMarks.find(c) != kTokenMarks.npos;
  });
}

bool names_known_version(std::string_view line) {
  return line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0");
}

Refusal check_lines(std::string_view head) {
  std::size_t lines = 0;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    if (end == head.npos || end == 0 || head[end - 1] != '\r') {
      return bad("A line of the request's head does not end with CR and LF.");
    }
    const std::string_view line = head.substr(0, end - 1);
    head.remove_prefix(end + 1);
    if (line.empty() && lines > 0) {
      break;
    }
    if (lines > kMaxFields) {
      return {431, "The request has more than " + std::to_string(kMaxFields) + " fields."};
    }
    if (Refusal refused = lines++ == 0 ? check_request_line(line) : check_field_line(line)) {
      return refused;
    }
  }
  return {};
}

Refusal check_framing(const Request& request, bool http_1_0) {
  std::string_view length, coding, expectation;
  const std::size_t lengths = count_fields(request, "Content-Length", length);
  const std::size_t codings = count_fields(request, "Transfer-Encoding", coding);
  if (lengths > 1) {
    return bad("The request has several Content-Length fields.");
  }
  if (lengths == 1 && (!all_digits(length) || length.size() > kMaxLengthDigits)) {
    return bad("The Content-Length is no number of bytes.");
  }
  if (codings > 0 && lengths > 0) {
    return bad("The request has both a Content-Length and a Transfer-Encoding.");
  }
  if (codings > 0 && http_1_0) {
    return bad("HTTP/1.0 knows no Transfer-Encoding.");
  }
  if (codings > 1 || (codings == 1 && !same_word(coding, "chunked"))) {
    return {501, "The only transfer coding this server knows is chunked, once."};
  }
  const std::size_t expectations = count_fields(request, "Expect", expectation);
  if (expectations > 1 || (expectations == 1 && !same_word(expectation, "100-continue"))) {
    return {417, "The only expectation this server knows is 100-continue."};
  }
  return {};
}

Refusal check_host(const Request& request, bool http_1_0) {
  std::string_view host;
  const std::size_t hosts = count_fields(request, "Host", host);
  if (hosts == 0) {
    return http_1_0 ? Refusal{} : bad("The request has no Host field.");
  }
  if (hosts > 1) {
    return bad("The request has several Host fields.");
  }
  if (!is_authority(host)) {
    return bad("The Host field is no host and port.");
  }
  const std::string_view named = authority_of(request.target);
  if (!named.empty() && !same_word(named, host)) {
    return bad("The Host field and the request target name different hosts.");
  }
  return {};
}

}  // namespace tessera::net
