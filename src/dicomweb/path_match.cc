#include "dicomweb/path_match.h"

#include <algorithm>
#include <array>

namespace tessera::dicomweb {

namespace {

struct Prefix {
  std::string_view text;
  Profile profile;
};
constexpr std::array kPrefixes = {
    Prefix{"/dicom-web", Profile::Standard},
    Prefix{"/v1", Profile::V1},
    Prefix{"/v2", Profile::V2},
};
constexpr std::string_view kPartitions = "/partitions/";

// One segment off the front of `path`, without its slash.
std::string_view cut_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

}  // namespace

std::optional<ServicePath> split_service_path(std::string_view path) {
  for (const Prefix& prefix : kPrefixes) {
    if (!path.starts_with(prefix.text)) {
      continue;
    }
    std::string_view rest = path.substr(prefix.text.size());
    if (!rest.empty() && rest.front() != '/') {
      continue;
    }
    ServicePath out;
    out.profile = prefix.profile;
    if (rest.size() > kPartitions.size() && rest.starts_with(kPartitions)) {
      rest.remove_prefix(kPartitions.size() - 1);
      out.partition = cut_segment(rest);
    }
    out.prefix = path.substr(0, path.size() - rest.size());
    if (rest.size() > 1 && rest.ends_with('/')) {
      rest.remove_suffix(1);
    }
    out.rest = rest;
    return out;
  }
  return std::nullopt;
}

bool match_pattern(std::string_view pattern, std::string_view path, Captures& out) {
  while (!pattern.empty()) {
    if (!path.starts_with('/')) {
      return false;
    }
    const std::string_view wanted = cut_segment(pattern);
    if (wanted == "{*}") {
      out.tail = path.substr(1);
      return !out.tail.empty();
    }
    const std::string_view found = cut_segment(path);
    if (wanted == "{study}") {
      out.study = found;
    } else if (wanted == "{series}") {
      out.series = found;
    } else if (wanted == "{instance}") {
      out.instance = found;
    } else if (wanted == "{frame}") {
      out.tail = found;
    } else if (wanted != found) {
      return false;
    }
    if (found.empty()) {
      return false;
    }
  }
  return path.empty();
}

}  // namespace tessera::dicomweb
