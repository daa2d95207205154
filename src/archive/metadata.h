// Metadata of instances, series and studies as JSON, streamed from the sidecars: whole groups of members go through as
// they are (gzip), inflated (identity), or inflated and packed again (zstd), the request's base URL in between. Nothing
// grows with the size of an instance; of each there is its row.
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

enum class MetadataCoding { Identity, Gzip, Zstd };

struct MetadataOptions {
  MetadataCoding coding = MetadataCoding::Identity;  // gzip costs least: that is how sidecars are kept
  bool per_frame = true;        // false: without PerFrameFunctionalGroupsSequence, which is not read
  bool null_when_gone = false;  // an instance that was deleted meanwhile: null, not a cut answer
};

// A Stream of the array. `pool` does the reading; store and pool are borrowed and must outlive the stream.
std::unique_ptr<Stream> stream_metadata(std::vector<catalog::InstanceRow> rows, std::string base_url,
                                        MetadataOptions options, blob::BlobStore& blobs, Pool& pool);

// Any JSON that holds instances' metadata: for each part its text, then the object of its instance. At the end `after`.
struct JsonPart {
  std::string before;
  std::string base_url;
  catalog::InstanceRow row;
};
std::unique_ptr<Stream> stream_json(std::vector<JsonPart> parts, std::string after, MetadataOptions options,
                                    blob::BlobStore& blobs, Pool& pool);

// For each part its text, then its instance in the Native DICOM Model (PS3.19 A.1); at the end `after`. Nothing is
// packed.
std::unique_ptr<Stream> stream_xml(std::vector<JsonPart> parts, std::string after, MetadataOptions options,
                                   blob::BlobStore& blobs, Pool& pool);

// The bulk value at `tag_path` ("00480105/0/00282000") of an instance as a rope, its numbers little endian. NotFound
// when there is none. `content` is Located's. Blocks.
Result<Rope> bulk_value(blob::BlobStore& blobs, const catalog::InstanceRow& row, std::string_view tag_path,
                        std::shared_ptr<RangeSource> content);

}  // namespace tessera::archive
