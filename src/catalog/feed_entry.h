// Appending to the feed, inside the transaction that makes the change. Private to the room.
#pragma once

#include "base/result.h"
#include "catalog/feed.h"

namespace tessera::catalog {

// `flavor` decides who may read the entry, also when the instance has gone.
Status append_feed(Connection& connection, FeedAction action, const InstanceKey& key, ImageFlavor flavor,
                   std::int64_t watermark, std::int64_t now_millis);

}  // namespace tessera::catalog
