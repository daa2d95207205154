// Rebuild: every catalog row about images, made again from the blobs, their sidecars and the small records beside them
// (design §1.5). For `tessera admin rebuild-catalog`, which holds the folder alone and gives a new, empty catalog.
//
// Watermarks are those of the names, so that search answers in the order of before and versioned URLs stay true. What a
// record of a deletion lists is garbage; of several generations of an instance the newest counts. What is not in the
// blobs is not restored: the history of the feed (it begins anew, with one entry for each instance, under numbers above
// all old ones), and which generation of a replacement was the first. A whole file that was renamed into place but
// never acked cannot be told from an acked one, and is restored.
//
// Memory does not grow with the archive. Blocks; `threads` files are read at once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/database.h"

namespace tessera::archive {

struct RebuildReport {
  std::uint64_t found = 0;          // instance files
  std::uint64_t read = 0;           // of them so far
  std::uint64_t bytes = 0;          // read so far
  std::uint64_t instances = 0;      // published
  std::uint64_t replaced = 0;       // of them by newer ones of the same UIDs
  std::uint64_t garbage = 0;        // deleted or replaced: the next sweep removes them
  std::uint64_t sidecars_made = 0;  // absent or wrong before
  std::uint64_t partitions = 0;
  std::uint64_t problems = 0;  // what on_problem was told
};

struct RebuildOptions {
  unsigned threads = 2;
  // Something that needs a human eye; it is kept as it is. Optional, like the next; both on the calling thread.
  std::function<void(const std::string& key, const Status& why)> on_problem;
  std::function<void(const RebuildReport& so_far)> on_progress;
};

Result<RebuildReport> rebuild_catalog(blob::BlobStore& blobs, catalog::Database& empty, const Clock& clock,
                                      const RebuildOptions& options);

}  // namespace tessera::archive
