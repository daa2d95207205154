// The rules of RFC 9110 and 9112 for a request's head that leave no room for two readings. A lenient server behind a
// proxy of another mind serves one client's bytes as another's request; this one refuses, and closes the connection.
// Used by the head parser, before (lines) and after (framing, host) Beast has taken the head apart.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace tessera::net {

// Status 0: nothing is wrong.
struct Refusal {
  int status = 0;
  std::string why;  // one sentence
  explicit operator bool() const { return status != 0; }
};

inline constexpr std::size_t kMaxFields = 100;

bool is_token(std::string_view text);

// Whether a head's first line, without its line end, names a version that this server reads.
bool names_known_version(std::string_view line);

// Of the bytes, before anything is taken from them: line ends, names, control bytes, folding, the number of fields.
Refusal check_lines(std::string_view head);

// Of what was found: which body follows, and where it ends.
Refusal check_framing(const Request& request, bool http_1_0);

// One host, well-formed, and the target's own where that names one.
Refusal check_host(const Request& request, bool http_1_0);

}  // namespace tessera::net
