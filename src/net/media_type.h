// Media types and Accept (RFC 9110 §12.5.1, with DICOMweb's type= and transfer-syntax= parameters, quoted or not,
// also type=application/octet-stream with its slash unquoted as viewers send it, and unquoted boundaries with what only
// quoted ones should hold). Pure functions, bounded work.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tessera::net {

struct MediaType {
  std::string type;                                             // lower case: "multipart/related", "*/*"
  std::vector<std::pair<std::string, std::string>> parameters;  // names lower case, values unquoted, case kept
  double q = 1.0;                                               // Accept only; not repeated in parameters
  std::vector<std::string> refused;                             // types that the same Accept names with q=0

  // Empty when absent.
  std::string_view parameter(std::string_view name) const;
  // Whether this range ("image/*", "*/*") covers a type that was not refused.
  bool covers(std::string_view concrete_type) const;
};

// A Content-Type.
Result<MediaType> parse_media_type(std::string_view text);

// All alternatives of one or more Accept values (comma-separated), highest q first, else in the order given;
// those with q=0 are left out. An empty text gives an empty list. At most 64 alternatives.
Result<std::vector<MediaType>> parse_accept(std::string_view text);

}  // namespace tessera::net
