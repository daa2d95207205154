#include "archive/free_space.h"

#include <chrono>
#include <string>

namespace tessera::archive {

namespace {

constexpr std::int64_t kKeepMillis = 1000;

std::string mib(std::uint64_t bytes) {
  return std::to_string(bytes / (1024 * 1024)) + " MiB";
}

}  // namespace

std::uint64_t FreeSpace::free_bytes() const {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch()).count();
  std::int64_t asked = asked_millis_.load();
  const bool stale = asked == INT64_MIN || now - asked >= kKeepMillis;
  if (stale && asked_millis_.compare_exchange_strong(asked, now)) {
    const auto free = blobs_.free_bytes();
    free_bytes_.store(free.ok() ? *free
                                : UINT64_MAX);  // a store that does not answer fails by itself, in its own words
  }
  return free_bytes_.load();
}

Status FreeSpace::check() const {
  if (min_free_bytes_ == 0) {
    return {};
  }
  const std::uint64_t free = free_bytes();
  if (free >= min_free_bytes_) {
    return {};
  }
  return Status(Code::NoSpace, "the disk is nearly full: " + mib(free) +
                                   " are free for images, and uploads are refused below " + mib(min_free_bytes_) +
                                   " (storage.min_free_mib)");
}

}  // namespace tessera::archive
