// AuditLimit: how many audit lines of its own a client gets in a second; beyond that its events are counted together
// (audit_reads.h), so that a flood fills neither queue nor disk. A fixed table: clients that share a slot push each
// other out, which gives both more lines, never fewer. Safe from many threads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace tessera::auth {

class AuditLimit {
 public:
  static constexpr std::uint32_t kLinesPerSecond = 50;

  bool allows(std::string_view client, std::int64_t now_micros);

 private:
  // second (16 bits), count (16 bits), and 32 bits of the client's hash
  std::array<std::atomic<std::uint64_t>, 1024> slots_{};
};

}  // namespace tessera::auth
