// Metadata of instances, series and studies as one JSON array, streamed from the sidecars: whole groups of members go
// through as they are (gzip) or inflated (identity), the request's base URL in between. Nothing grows with the number
// of instances or the size of one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archive/metadata_file.h"
#include "base/pool.h"
#include "base/result.h"
#include "base/rope.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"

namespace tessera::archive {

// ".../studies/{study}/series/{series}/instances/{sop}" below `base`, the service's URL of the request.
std::string instance_url(std::string_view base, const catalog::InstanceKey& key);

// A Stream of the array. `pool` does the reading; store and pool are borrowed and must outlive the stream.
std::unique_ptr<Stream> stream_metadata(std::vector<catalog::InstanceRow> rows, std::string base_url, bool gzip,
                                        blob::BlobStore& blobs, Pool& pool);

// The bulk value at `tag_path` ("00480105/0/00282000") of an instance as a rope, its numbers little endian. NotFound
// when there is none. `content` is Located's. Blocks.
Result<Rope> bulk_value(blob::BlobStore& blobs, const catalog::InstanceRow& row, std::string_view tag_path,
                        std::shared_ptr<RangeSource> content);

}  // namespace tessera::archive
