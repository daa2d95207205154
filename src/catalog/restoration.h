// Restoration: rows made again from what the blob store holds. For archive/rebuild.h alone, on a new catalog that
// nobody else uses: the blobs found are noted first, under the watermarks of their names, then read oldest first and
// published.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/database.h"
#include "catalog/instances.h"

namespace tessera::catalog {

struct FoundBlob {
  std::int64_t watermark = 0;
  InstanceKey key;  // as its name says
  std::string blob_key;
};

class Restoration {
 public:
  // Both are borrowed.
  Restoration(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  Status note_partition(std::int64_t key, std::string_view name, std::int64_t created_millis);
  // Returns those whose watermark another blob has already.
  Result<std::vector<FoundBlob>> note_blobs(std::span<const FoundBlob> found);
  // They were deleted and are not reclaimed yet: garbage.
  Status note_removed(std::span<const std::int64_t> watermarks);
  // Watermarks, revisions of studies and sequences of the feed that are given from now on are above `floor`.
  Status start_numbers_above(std::int64_t floor);

  // What was noted and neither published, removed nor set aside, above `after`, by watermark.
  Result<std::vector<FoundBlob>> unread(std::int64_t after, std::size_t limit);
  // In one transaction, in this order; a later one of the same UIDs replaces the earlier.
  Status publish(std::span<const Publication> publications);
  // It cannot be read. Its row keeps it from being collected as nobody's.
  Status set_aside(std::int64_t watermark);

  // How many noted blobs there are in a state, as numbered in migrations.cc: 0 unread, 2 garbage, 3 set aside.
  Result<std::uint64_t> count(std::int64_t state);

 private:
  Database& database_;
  const Clock& clock_;
};

}  // namespace tessera::catalog
