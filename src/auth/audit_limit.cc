#include "auth/audit_limit.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"

namespace tessera::auth {

bool AuditLimit::allows(std::string_view client, std::int64_t now_micros) {
  const std::uint64_t hash = xxh3_of(as_bytes(client));
  std::atomic<std::uint64_t>& slot = slots_[hash % slots_.size()];
  const std::uint64_t mine = (hash >> 32 << 32) | ((static_cast<std::uint64_t>(now_micros / 1'000'000) & 0xFFFF) << 16);
  std::uint64_t seen = slot.load(std::memory_order_relaxed);
  while (true) {
    const std::uint64_t count = (seen >> 16 == mine >> 16) ? seen & 0xFFFF : 0;
    if (count >= kLinesPerSecond) {
      return false;
    }
    if (slot.compare_exchange_weak(seen, mine | (count + 1), std::memory_order_relaxed)) {
      return true;
    }
  }
}

}  // namespace tessera::auth
