// FreeSpace: refuses what would fill the disk to the brim, early and in words (configuration: storage.min_free_mib).
// Uploads and imports ask before they begin; health shows the answer. Recovers by itself when there is space again.
//
// The file system is asked at most once a second, by whoever comes first; everybody else reads an atomic. Safe from
// many threads, I/O loops included.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/status.h"
#include "blob/blob_store.h"

namespace tessera::archive {

class FreeSpace {
 public:
  // Store and clock are borrowed. `min_free_bytes` 0: never low.
  FreeSpace(blob::BlobStore& blobs, const Clock& clock, std::uint64_t min_free_bytes)
      : blobs_(blobs), clock_(clock), min_free_bytes_(min_free_bytes) {}

  // NoSpace, telling how much is free and how much must be, when uploads are refused.
  Status check() const;

  // As last asked for; UINT64_MAX when unknown.
  std::uint64_t free_bytes() const;
  std::uint64_t min_free_bytes() const { return min_free_bytes_; }

 private:
  blob::BlobStore& blobs_;
  const Clock& clock_;
  const std::uint64_t min_free_bytes_;
  mutable std::atomic<std::int64_t> asked_millis_{INT64_MIN};
  mutable std::atomic<std::uint64_t> free_bytes_{UINT64_MAX};
};

}  // namespace tessera::archive
