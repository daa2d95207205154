// Indexing: the rows of the index made again for instances that were stored before it had today's keys (searchable.h).
// For archive/reindex.h alone. Safe from many threads and processes; all methods block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "catalog/database.h"
#include "catalog/instances.h"

namespace tessera::catalog {

struct Unindexed {
  InstanceKey key;
  Reservation reservation;  // its watermark and blob
  std::string transfer_syntax;
};

class Indexing {
 public:
  // Borrowed.
  explicit Indexing(Database& database) : database_(database) {}

  // The newest of them.
  Result<std::vector<Unindexed>> unindexed(std::size_t limit);
  Result<std::uint64_t> count_unindexed();
  // In one transaction: their keys and headers, and those of their study and series where they are the newest of it.
  // One that was deleted or replaced meanwhile is passed over.
  Status index(std::span<const Publication> publications);
  // Its file cannot be read: it keeps the keys it has.
  Status give_up(std::int64_t watermark);

 private:
  Database& database_;
};

}  // namespace tessera::catalog
