// icc: is this an ICC profile at all (ICC.1 7.2, the 128-byte header)? Pure function.
#pragma once

#include "base/bytes.h"

namespace tessera::slide {

// The header's size fits, its signature is there and it describes RGB or gray.
bool is_icc_profile(ByteView bytes);

}  // namespace tessera::slide
