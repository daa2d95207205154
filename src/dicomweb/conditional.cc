#include "dicomweb/conditional.h"

#include <algorithm>

#include "net/field_text.h"

namespace tessera::dicomweb {

namespace {

constexpr std::string_view kForever = "private, max-age=31536000, immutable";
constexpr std::string_view kAskAgain = "private, max-age=0, must-revalidate";

// Whether the query's v= names this very version; no allocation on the tile path.
bool names_version(std::string_view query, std::int64_t watermark) {
  if (watermark == Validator::kUnnamed) {
    return false;
  }
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

// One element off the front of a list of entity tags. Within quotes a comma is the tag's own.
std::string_view cut_element(std::string_view& list) {
  bool quoted = false;
  std::size_t end = 0;
  while (end < list.size() && (quoted || list[end] != ',')) {
    quoted = list[end] == '"' ? !quoted : quoted;
    ++end;
  }
  const std::string_view element = net::without_blanks(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

bool list_names(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    std::string_view element = cut_element(list);
    if (element.starts_with("W/")) {
      element.remove_prefix(2);
    }
    if (element == "*" || element == etag) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool matches_none(const net::Request& request, std::string_view etag) {
  return std::any_of(request.fields.begin(), request.fields.end(), [etag](const auto& field) {
    return net::same_word(field.first, "if-none-match") && list_names(field.second, etag);
  });
}

bool range_holds(const net::Request& request, std::string_view etag) {
  return !request.has_field("If-Range") || net::without_blanks(request.field("If-Range")) == etag;
}

void set_caching(const net::Request& request, const Validator& validator, net::Response& response) {
  response.set("ETag", validator.etag);
  response.set("Cache-Control", std::string(names_version(request.query, validator.watermark) ? kForever : kAskAgain));
  response.set("Vary", std::string(validator.vary));
}

net::Response not_modified(const net::Request& request, const Validator& validator) {
  net::Response response;
  response.status = 304;
  set_caching(request, validator, response);
  return response;
}

}  // namespace tessera::dicomweb
