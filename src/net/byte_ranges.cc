#include "net/byte_ranges.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "net/field_text.h"

namespace tessera::net {

namespace {

constexpr std::string_view kUnit = "bytes=";

// Digits alone; one too large for 64 bits is as large as they go.
std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return parsed.ec == std::errc::result_out_of_range ? UINT64_MAX : value;
}

// One element of the list. False: not of the grammar. A length of 0 in `out`: nothing of it lies within the size.
bool parse_one(std::string_view text, std::uint64_t size, ByteRange& out) {
  out = {};
  const std::size_t dash = text.find('-');
  if (dash == text.npos) {
    return false;
  }
  const auto last = parse_digits(text.substr(dash + 1));
  if (dash == 0) {
    if (last) {
      const std::uint64_t length = std::min(*last, size);
      out = {size - length, length};
    }
    return last.has_value();
  }
  const auto first = parse_digits(text.substr(0, dash));
  const bool open = dash + 1 == text.size();
  if (!first || (!open && (!last || *last < *first))) {
    return false;
  }
  if (*first < size) {
    const std::uint64_t end = open ? size - 1 : std::min(*last, size - 1);
    out = {*first, end - *first + 1};
  }
  return true;
}

}  // namespace

RangeRequest parse_range(std::string_view field, std::uint64_t size) {
  field = without_blanks(field);
  if (size == 0 || field.size() < kUnit.size() || strncasecmp(field.data(), kUnit.data(), kUnit.size()) != 0) {
    return {};
  }
  field.remove_prefix(kUnit.size());
  RangeRequest request;
  std::size_t asked = 0;
  std::uint64_t total = 0;
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(','), field.size());
    const std::string_view text = without_blanks(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    if (text.empty()) {
      continue;  // empty elements of a list are read over (RFC 9110 §5.6.1)
    }
    ByteRange range;
    if (!parse_one(text, size, range) || ++asked > kMaxByteRanges || range.length > size - total) {
      return {};
    }
    total += range.length;
    if (range.length > 0) {
      request.ranges.push_back(range);
    }
  }
  if (asked > 0) {
    request.kind = request.ranges.empty() ? RangeRequest::Kind::Unsatisfiable : RangeRequest::Kind::Partial;
  }
  return request;
}

}  // namespace tessera::net
