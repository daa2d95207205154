// The Range field (RFC 9110 §14.1.2) against a representation of known size. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace tessera::net {

// More parts than this, or parts that together are larger than the whole, get the whole (RFC 9110 §14.2 allows it:
// such requests are mistakes or attacks).
inline constexpr std::size_t kMaxByteRanges = 32;

struct RangeRequest {
  enum class Kind {
    Whole,          // no range, another unit, or not what the grammar allows: the field is ignored
    Partial,        // `ranges`, in the order asked for; all within the size
    Unsatisfiable,  // well-formed, and nothing of it lies within the size
  };
  Kind kind = Kind::Whole;
  std::vector<ByteRange> ranges;
};

// "bytes=0-99", "bytes=100-", "bytes=-5", and lists of them.
RangeRequest parse_range(std::string_view field, std::uint64_t size);

}  // namespace tessera::net
