// The query string of the change feed, read and checked (service-api §6). Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "catalog/feed.h"
#include "dicomweb/profile.h"

namespace tessera::dicomweb {

struct FeedRequest {
  catalog::FeedQuery query;
  bool include_metadata = true;
};

// Names of parameters in any case; those that the feed has not are passed over, as the contract does.
//   v1         offset: sequences above it (0); limit: 1 to 100 (10); includeMetadata (true)
//   the others startTime, endTime: [from, until), with a zone; offset: entries of the window to skip (0);
//              limit: 1 to 200 (100); includeMetadata (true)
// InvalidArgument, naming the parameter, for a value out of its range or of another version. One given twice: the last.
Result<FeedRequest> parse_feed_query(std::string_view query, Profile profile);

// Of /changefeed/latest: includeMetadata alone.
Result<bool> parse_include_metadata(std::string_view query);

}  // namespace tessera::dicomweb
