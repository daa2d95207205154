#include "base/hash.h"

#include <xxhash.h>
#include <zlib.h>

namespace tessera {

struct Checksum::State {
  XXH3_state_t* xxh3 = XXH3_createState();
  ~State() { XXH3_freeState(xxh3); }
};

Checksum::Checksum() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(state_->xxh3);
}
Checksum::~Checksum() = default;
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;

void Checksum::update(ByteView bytes) {
  XXH3_64bits_update(state_->xxh3, bytes.data(), bytes.size());
}
std::uint64_t Checksum::xxh3() const {
  return XXH3_64bits_digest(state_->xxh3);
}

std::uint64_t xxh3_of(ByteView bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint32_t crc32_of(ByteView bytes, std::uint32_t so_far) {
  if (bytes.empty()) {
    return so_far;  // zlib takes a null pointer as "begin anew"
  }
  return static_cast<std::uint32_t>(::crc32_z(so_far, bytes.data(), bytes.size()));
}

}  // namespace tessera
