// Accept-Encoding (RFC 9110 §12.5.3), as far as this server has codings: gzip, zstd and none. Pure.
#pragma once

#include <string_view>

namespace tessera::net {

enum class ContentCoding { Identity, Gzip, Zstd };

// What an answer should be where there is a choice: gzip before zstd before none where they are equally welcome, since
// gzip is how much of it is kept. Several fields of that name are one list, joined by commas. What is malformed is read
// over.
ContentCoding preferred_coding(std::string_view accept_encoding);

// Whether an answer that is gzip or nothing should be gzip: it is acceptable, and identity is not preferred to it.
bool prefers_gzip(std::string_view accept_encoding);

}  // namespace tessera::net
