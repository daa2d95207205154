// Feed: what changed, in the order in which it became visible (service-api §6). Entries are appended by the transaction
// that makes the change, so that once sequence N was read, no entry ≤ N appears later; none is ever changed or removed.
//
// Read across partitions: what a caller may see of each is in FeedView, and entries of what is hidden are in no answer.
// Of an entry the present state is told, not the one of then. All methods may block; safe from many threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/database.h"
#include "catalog/instances.h"
#include "catalog/visibility.h"

namespace tessera::catalog {

enum class FeedAction : std::uint8_t { Create = 1, Delete = 2, Update = 3 };  // as the table has it
enum class FeedState : std::uint8_t { Current, Replaced, Deleted };

struct FeedEntry {
  std::int64_t sequence = 0;
  std::int64_t time_millis = 0;
  FeedAction action = FeedAction::Create;
  FeedState state = FeedState::Current;
  InstanceKey key;
  std::string partition;                // its name
  std::optional<InstanceRow> instance;  // what has these UIDs now, if the caller may see it
};

// What may be seen, partition by partition; those that are not listed show nothing.
struct FeedView {
  struct Part {
    std::int64_t partition = 0;
    Visibility visibility;
  };
  std::vector<Part> parts;
};

struct FeedQuery {
  std::int64_t after = 0;                                 // sequences above it
  std::optional<std::int64_t> from_millis, until_millis;  // [from, until)
  bool by_time = false;                                   // else by sequence
  std::uint64_t offset = 0;                               // of what is left, entries to skip
  std::uint64_t limit = 10;
};

class Feed {
 public:
  explicit Feed(Database& database) : database_(database) {}  // borrowed

  Result<std::vector<FeedEntry>> read(const FeedQuery& query, const FeedView& view);
  // The entry with the highest sequence.
  Result<std::optional<FeedEntry>> latest(const FeedView& view);

 private:
  Result<std::vector<FeedEntry>> select(const std::string& rest, const FeedView& view,
                                        const std::vector<SqlValue>& values);
  Database& database_;
};

}  // namespace tessera::catalog
