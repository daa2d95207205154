// Partitions as uploads and imports make them: the catalog's row and, beside the blobs, a small truth record, so that
// the catalog can be rebuilt from the blobs (design §1.5). Safe from many threads and processes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/partitions.h"

namespace tessera::archive {

// Where the record of a partition lies: "{key}/partition.txt". It holds the name and a newline. The default partition
// has none: key 1 is its name.
std::string partition_record_key(std::int64_t key);

// The name in a partition's record. NotFound when there is none; Corrupt when it holds no name.
Result<std::string> read_partition_record(blob::BlobStore& blobs, std::int64_t key);

// The key of the partition `name`, made when there is none. When it returns ok the record is there, so nothing that is
// stored afterwards is acked before it; one that a crash kept from being written is written now. Blocks.
// InvalidArgument for a bad name; Corrupt when the record names another partition.
Result<std::int64_t> ensure_partition(catalog::Partitions& partitions, blob::BlobStore& blobs, std::string_view name);

}  // namespace tessera::archive
