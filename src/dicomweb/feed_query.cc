#include "dicomweb/feed_query.h"

#include <charconv>
#include <string>

#include "base/clock.h"
#include "net/field_text.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

constexpr std::uint64_t kMaxOffset = INT64_MAX;

struct Limits {
  std::uint64_t standard, most;
};
constexpr Limits kLimitsV1{10, 100};
constexpr Limits kLimits{100, 200};

Status wrong(std::string_view name, std::string_view value, const std::string& allowed) {
  return Status(Code::InvalidArgument, "changefeed: " + std::string(name) + " is '" + std::string(value.substr(0, 64)) +
                                           "', but must be " + allowed);
}

Result<std::uint64_t> read_number(std::string_view name, std::string_view text, std::uint64_t least,
                                  std::uint64_t most) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < least || number > most) {
    return wrong(name, text, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

Result<bool> read_flag(std::string_view name, std::string_view text) {
  if (net::same_word(text, "true")) {
    return true;
  }
  if (net::same_word(text, "false")) {
    return false;
  }
  return wrong(name, text, "true or false");
}

// A '+' that nobody escaped has become a space.
Result<std::int64_t> read_time(std::string_view name, std::string text) {
  const std::size_t zone = text.rfind(' ');
  if (zone != text.npos && zone > text.find(':')) {
    text[zone] = '+';
  }
  const auto millis = parse_rfc3339(text);
  return millis.ok() ? millis : millis.status().while_doing("changefeed: " + std::string(name));
}

Status read_parameter(std::string_view name, const std::string& value, Profile profile, FeedRequest& out) {
  const bool first = profile == Profile::V1;
  if (net::same_word(name, "offset")) {
    TRY_ASSIGN(const std::uint64_t offset, read_number(name, value, 0, kMaxOffset));
    if (first) {
      out.query.after = static_cast<std::int64_t>(offset);
    } else {
      out.query.offset = offset;
    }
  } else if (net::same_word(name, "limit")) {
    TRY_ASSIGN(out.query.limit, read_number(name, value, 1, (first ? kLimitsV1 : kLimits).most));
  } else if (net::same_word(name, "includeMetadata")) {
    TRY_ASSIGN(out.include_metadata, read_flag(name, value));
  } else if (net::same_word(name, "startTime") || net::same_word(name, "endTime")) {
    if (first) {
      return Status(Code::InvalidArgument, "changefeed: " + std::string(name) +
                                               " is a parameter of /v2; the feed of /v1 is read by offset and limit");
    }
    TRY_ASSIGN(const std::int64_t millis, read_time(name, value));
    (net::same_word(name, "startTime") ? out.query.from_millis : out.query.until_millis) = millis;
  }
  return {};
}

}  // namespace

Result<FeedRequest> parse_feed_query(std::string_view query, Profile profile) {
  TRY_ASSIGN(const auto parameters, net::parse_query(query));
  FeedRequest request;
  request.query.limit = (profile == Profile::V1 ? kLimitsV1 : kLimits).standard;
  request.query.by_time = profile != Profile::V1;
  for (const auto& [name, value] : parameters) {
    RETURN_IF_ERROR(read_parameter(name, value, profile, request));
  }
  const catalog::FeedQuery& read = request.query;
  if (read.from_millis && read.until_millis && *read.until_millis <= *read.from_millis) {
    return Status(Code::InvalidArgument, "changefeed: endTime must be after startTime");
  }
  return request;
}

Result<bool> parse_include_metadata(std::string_view query) {
  TRY_ASSIGN(const auto parameters, net::parse_query(query));
  bool include = true;
  for (const auto& [name, value] : parameters) {
    if (net::same_word(name, "includeMetadata")) {
      TRY_ASSIGN(include, read_flag(name, value));
    }
  }
  return include;
}

}  // namespace tessera::dicomweb
