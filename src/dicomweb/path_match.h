// From a request's path to its parts: profile, partition, and what a route's pattern captures. Nothing is decoded or
// copied: all are views of the path. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "dicomweb/profile.h"

namespace tessera::dicomweb {

// "/v2/partitions/lab-a/studies/1.2.3/" taken apart.
struct ServicePath {
  Profile profile = Profile::Standard;
  std::string_view prefix;                    // "/v2/partitions/lab-a": what every URL of an answer begins with
  std::optional<std::string_view> partition;  // "lab-a", still percent-encoded, perhaps empty
  std::string_view rest;                      // "/studies/1.2.3", without the slash at the end
};

// Nothing when the path belongs to none of the profiles.
std::optional<ServicePath> split_service_path(std::string_view path);

// What the pattern's names took, each one segment, still percent-encoded; `tail` is what "{frame}" took, or "{*}",
// which takes all that is left.
struct Captures {
  std::string_view study, series, instance, tail;
};

// Whether `path` is what `pattern` describes. A segment is never empty.
bool match_pattern(std::string_view pattern, std::string_view path, Captures& out);

}  // namespace tessera::dicomweb
