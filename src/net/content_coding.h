// Accept-Encoding (RFC 9110 §12.5.3), as far as this server has codings: gzip and none. Pure.
#pragma once

#include <string_view>

namespace tessera::net {

// Whether an answer should be gzip: it is acceptable, and identity is not preferred to it. Several fields of that name
// are one list, joined by commas. What is malformed is read over.
bool prefers_gzip(std::string_view accept_encoding);

}  // namespace tessera::net
