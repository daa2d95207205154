#include "dicomweb/upload_quota.h"

namespace tessera::dicomweb {

namespace {

constexpr std::int64_t kDaySeconds = 24 * 60 * 60;

// "12.5 GiB" is more than a refusal needs: whole units, the largest that divides.
std::string size_text(std::uint64_t bytes) {
  const bool gib = bytes % (std::uint64_t{1} << 30) == 0;
  return std::to_string(bytes >> (gib ? 30 : 20)) + (gib ? " GiB" : " MiB");
}

Status check(std::uint64_t bytes, std::uint64_t limit, const char* what) {
  return limit == 0 || bytes <= limit ? Status()
                                      : Status(Code::TooLarge, std::string("store: ") + what + " is larger than " +
                                                                   size_text(limit) + ", which is the limit here");
}

}  // namespace

std::shared_ptr<void> UploadQuota::enter() const {
  const bool full = under_way_->fetch_add(1) >= options_.at_once && options_.at_once != 0;
  std::shared_ptr<void> place(under_way_.get(), [count = under_way_](void*) { count->fetch_sub(1); });
  return full ? nullptr : place;
}

Status UploadQuota::check_instance(std::uint64_t bytes) const {
  return check(bytes, options_.instance_bytes, "the file");
}

Status UploadQuota::check_request(std::uint64_t bytes) const {
  return check(bytes, options_.request_bytes, "the request's body");
}

Status UploadQuota::over_day(std::uint64_t used, std::uint64_t bytes) const {
  return used <= options_.day_bytes && bytes <= options_.day_bytes - used
             ? Status()
             : Status(Code::NoSpace, "store: you may upload " + size_text(options_.day_bytes) +
                                         " a day (UTC), and this would be more; go on tomorrow");
}

std::uint64_t UploadQuota::used_today(std::string_view caller) const {
  if (day_ != clock_.wall_millis() / 1000 / kDaySeconds) {
    return 0;
  }
  auto found = used_.find(std::string(caller));
  found = found == used_.end() && used_.size() >= kMaxCallers ? used_.find(std::string()) : found;
  return found == used_.end() ? 0 : found->second;
}

Status UploadQuota::check_day(std::string_view caller, std::uint64_t bytes) const {
  if (options_.day_bytes == 0) {
    return {};
  }
  const std::lock_guard lock(mutex_);
  return over_day(used_today(caller), bytes);
}

Status UploadQuota::take(std::string_view caller, std::uint64_t bytes) {
  if (options_.day_bytes == 0) {
    return {};
  }
  const std::lock_guard lock(mutex_);
  const Status room = over_day(used_today(caller), bytes);
  if (!room.ok()) {
    return room;
  }
  const std::int64_t today = clock_.wall_millis() / 1000 / kDaySeconds;
  if (day_ != today) {
    day_ = today;
    used_.clear();
  }
  std::string key(caller);
  if (used_.size() >= kMaxCallers && !used_.contains(key)) {
    key.clear();
  }
  used_[key] += bytes;
  return {};
}

std::int64_t UploadQuota::seconds_to_tomorrow() const {
  return kDaySeconds - clock_.wall_millis() / 1000 % kDaySeconds;
}

}  // namespace tessera::dicomweb
