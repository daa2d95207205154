// Removal: deleting so that it stays deleted. The catalog's transaction makes instances vanish at once; their blobs go
// later. So that a rebuild of the catalog from blobs (rebuild.h) does not bring them back meanwhile, a small record of
// their watermarks is durable before the delete is acked: one per delete, kept until the last of its blobs has gone.
//
//   gone/{lowest}-{highest}.gone := "tessera deletion 1\n" (watermark "\n")+        in decimal, ascending
//
// All functions block and are safe from many threads and processes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"

namespace tessera::archive {

inline constexpr std::string_view kDeletionPrefix = "gone/";

// Removes what the scope names and the caller may see; durable when it returns ok. Returns how many instances went;
// NotFound when there was nothing. Where the record cannot be written (a full disk) the blobs go before it returns.
Result<std::uint64_t> remove_instances(blob::BlobStore& blobs, catalog::Instances& instances,
                                       const catalog::Scope& scope, const catalog::Visibility& visibility);

// One record's bytes, both ways. parse: Corrupt, naming the line.
std::string deletion_record(const std::vector<std::int64_t>& watermarks);
Result<std::vector<std::int64_t>> parse_deletion_record(std::string_view text);

// Every record: its key and what it lists, or why it cannot be read.
Status for_each_deletion(
    blob::BlobStore& blobs,
    const std::function<Status(const std::string& key, const Result<std::vector<std::int64_t>>& watermarks)>& each);

// Removes the records all of whose blobs have gone; returns how many. With `dry_run` it only counts.
Result<std::uint64_t> retire_deletions(blob::BlobStore& blobs, catalog::Instances& instances, bool dry_run = false);

}  // namespace tessera::archive
