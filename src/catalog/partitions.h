// Partitions: the tenants or labs that share one service (service-api §7). The same UIDs may live in several of them;
// every key, row and blob key carries the partition's number.
//
// A partition is made by the first store into it and never goes away, so a number once known is known for good and is
// kept in memory. Key 1 is "Microsoft.Default", where everything lives that was stored without a partition.
// Making one for uploads is archive/partitions.h: it writes the truth record too. Safe from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/database.h"

namespace tessera::catalog {

inline constexpr std::int64_t kDefaultPartition = 1;
inline constexpr std::string_view kDefaultPartitionName = "Microsoft.Default";

struct PartitionRow {
  std::int64_t key = 0;
  std::string name;
  std::int64_t created_millis = 0;
};

// Ok for 1 to 64 of [A-Za-z0-9_.-]; else InvalidArgument.
Status check_partition_name(std::string_view name);

class Partitions {
 public:
  // Both are borrowed.
  Partitions(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // From memory alone; nothing when it has not been looked up yet. Never blocks on the catalog.
  std::optional<std::int64_t> cached(std::string_view name) const;
  // NotFound when there is none of that name. Blocks.
  Result<std::int64_t> find(std::string_view name);
  // find(), and makes it where there is none; of several processes at once all get the same key. Blocks.
  Result<std::int64_t> find_or_create(std::string_view name);
  // All, by key. The default one is left out for as long as nothing is stored in it. Blocks.
  Result<std::vector<PartitionRow>> list();
  // The first partition beside the default one, if any: with one there, the feature cannot be switched off. Blocks.
  Result<std::optional<PartitionRow>> first_beside_default();

 private:
  void remember(std::string_view name, std::int64_t key);

  Database& database_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> known_;  // guarded by mutex_
};

}  // namespace tessera::catalog
