#include "dicomweb/plain_path.h"

#include <algorithm>
#include <array>

namespace tessera::dicomweb {

namespace {

constexpr std::array<std::string_view, 27> kWords = {
    "v1",      "v2",         "dicom-web", "partitions", "studies",    "series",   "instances",
    "frames",  "bulkdata",   "metadata",  "health",     "live",       "ready",    "check",
    "metrics", "auth",       "login",     "callback",   "logout",     "rendered", "thumbnail",
    "assets",  "index.html", "workitems", "changefeed", "operations", ""};

// Digits, dots and commas, or the hexadecimal digits of a tag.
bool is_number(std::string_view segment) {
  constexpr std::size_t kTag = 8;
  const bool plain = std::all_of(segment.begin(), segment.end(),
                                 [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == ','; });
  const bool tag = segment.size() == kTag && std::all_of(segment.begin(), segment.end(), [](char c) {
                     return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
                   });
  const bool has_digit = std::any_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
  return plain || (tag && has_digit);
}

}  // namespace

std::string plain_path(std::string_view target) {
  const std::size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  std::string out;
  while (true) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    const bool known = std::find(kWords.begin(), kWords.end(), segment) != kWords.end();
    out += known || is_number(segment) ? segment : "…";
    if (slash == path.size()) {
      break;
    }
    out += '/';
    path.remove_prefix(slash + 1);
  }
  return question == target.npos ? out : out + "?…";
}

}  // namespace tessera::dicomweb
