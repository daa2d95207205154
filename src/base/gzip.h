// One text as one gzip member (RFC 1952), for answers that are made in memory anyway. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera {

// Internal when zlib has no memory.
Result<std::string> gzip(std::string_view text);

}  // namespace tessera
