// Checksums of what is stored: xxh3 (64 bit, for scrub and identity of bytes) and CRC-32 (for ZIP and
// sidecars). Both take bytes as they come; a Checksum is one thread's.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace tessera {

class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;

  void update(ByteView bytes);
  std::uint64_t xxh3() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::uint64_t xxh3_of(ByteView bytes);
std::uint32_t crc32_of(ByteView bytes, std::uint32_t so_far = 0);

}  // namespace tessera
