// The names of what an archive keeps in its blob store (doc/on-disk-format.md), read back: for a rebuild of the catalog
// and for the collection of what nobody names.
//
//   {partition}/{study}/{series}/{sop}_{watermark}.dcm      an instance; .frames, .meta and their like beside it
//   {partition}/partition.txt                               the partition's name and a newline; partition 1 needs none
//   (partitions.h) gone/{lowest}-{highest}.gone                            watermarks that were deleted (removal.h)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"

namespace tessera::archive {

// Far above what counting or the clock's milliseconds reach, and exact in every client's numbers. A name beyond it is
// none of ours: taken for one, it would leave no number to go on with.
inline constexpr std::int64_t kMaxWatermark = std::int64_t{1} << 53;

struct BlobName {
  catalog::InstanceKey key;
  std::int64_t watermark = 0;
  std::string_view suffix;  // ".dcm"; of the text that was parsed
};

// Nothing when `blob_key` is not the name of an instance or of what lies beside one.
std::optional<BlobName> parse_blob_name(std::string_view blob_key);

// A small blob whole; TooLarge above `limit`.
Result<std::string> read_small_blob(blob::BlobStore& store, std::string_view key, std::uint64_t limit);

}  // namespace tessera::archive
