// A body that is made piece by piece while it is sent: transcoded frames, whole series. Nothing but one piece is held.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/pool.h"
#include "base/rope.h"

namespace tessera::dicomweb {

// `next` gives the next piece, or nothing more to come as an empty one; a failure ends the body, and the connection
// with it. Called on a thread of `pool` (borrowed), one call at a time.
std::unique_ptr<Stream> stream_pieces(std::function<Result<std::string>()> next, Pool& pool);

}  // namespace tessera::dicomweb
