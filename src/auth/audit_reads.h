// AuditReads: repeated reads as one audit line. Tiles come by the ten thousand a second: reads of one kind by one
// caller from one address of one instance with one result are counted here, and written as one line with their number,
// the first and the last time, once the window is over. Bounded: a shard that is full gives its lines early.
//
// Safe from many threads. add() is on the tile path: one short lock of a shard, no allocation for what is known
// already.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/audit_event.h"

namespace tessera::auth {

// Views, used during the call only.
struct AuditRead {
  std::string_view event;  // "frames", "bulkdata"
  int status = 200;
  const Identity* who = nullptr;
  std::string_view from, via;
  std::string_view partition, study, series, instance;  // empty: not known, or not told apart
};

class AuditReads {
 public:
  explicit AuditReads(std::int64_t window_micros) : window_(window_micros) {}

  // Bodies of lines that had to go early are given to `out`, outside of any lock.
  void add(const AuditRead& read, std::int64_t now_micros, const std::function<void(std::string)>& out);

  // Everything whose window is over; all of it with `all`.
  void sweep(std::int64_t now_micros, bool all, const std::function<void(std::string)>& out);

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kEntries = 1024;  // of a shard

  struct Entry {
    std::string key;
    Identity who;
    std::uint64_t count = 0;
    std::int64_t first = 0, last = 0;
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, Entry> entries;  // by the key's hash; guarded by mutex
  };

  static std::string body_of(const Entry& entry);

  const std::int64_t window_;
  std::array<Shard, kShards> shards_;
};

}  // namespace tessera::auth
