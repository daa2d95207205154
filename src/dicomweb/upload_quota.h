// UploadQuota: how many uploads may be under way (each has parser, sidecars and writer in memory, up to some 700 KiB),
// and how much one instance, one request and one caller's day may bring in. What the head tells is refused before the
// body ("100 Continue" is not sent); what it does not, while the bytes arrive. Safe from many threads.
//
// A day is a UTC day of this process: a restart begins it anew. At most 65,536 callers are told apart; those beyond
// share one quota.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/status.h"

namespace tessera::dicomweb {

class UploadQuota {
 public:
  struct Options {  // 0: no limit
    std::uint64_t instance_bytes = 0;
    std::uint64_t request_bytes = 0;
    std::uint64_t day_bytes = 0;
    std::uint32_t at_once = 0;
  };
  // `clock` is borrowed.
  UploadQuota(Options options, const Clock& clock) : options_(options), clock_(clock) {}

  // A place among the uploads under way, for as long as it is held; none when all are taken. May outlive the quota.
  std::shared_ptr<void> enter() const;
  // TooLarge for one file or one request of that many bytes.
  Status check_instance(std::uint64_t bytes) const;
  Status check_request(std::uint64_t bytes) const;
  // NoSpace when the caller's day has no room for so many bytes more.
  Status check_day(std::string_view caller, std::uint64_t bytes) const;
  // The same, and counts them: bytes that arrived count whether they are stored or not.
  Status take(std::string_view caller, std::uint64_t bytes);

  std::int64_t seconds_to_tomorrow() const;

 private:
  static constexpr std::size_t kMaxCallers = 65'536;
  Status over_day(std::uint64_t used, std::uint64_t bytes) const;
  std::uint64_t used_today(std::string_view caller) const;  // holding mutex_

  const Options options_;
  const Clock& clock_;
  const std::shared_ptr<std::atomic<std::uint32_t>> under_way_ = std::make_shared<std::atomic<std::uint32_t>>(0);
  mutable std::mutex mutex_;
  std::int64_t day_ = 0;                                 // guarded by mutex_
  std::unordered_map<std::string, std::uint64_t> used_;  // of that day; guarded by mutex_
};

}  // namespace tessera::dicomweb
