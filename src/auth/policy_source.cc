#include "auth/policy_source.h"

#include <sys/stat.h>

#include "base/file.h"

namespace tessera::auth {

namespace {

constexpr std::uint64_t kMaxBytes = 1024 * 1024;
constexpr Millis kLookInterval{500};

}  // namespace

Result<Policy> read_policy(const std::filesystem::path& file, bool open) {
  if (file.empty()) {
    return Policy::builtin(open);
  }
  TRY_ASSIGN(const std::string text, read_file(file, kMaxBytes));
  return Policy::parse(text, file.string());
}

PolicySource::PolicySource(Policy policy) : policy_(std::make_shared<const Policy>(std::move(policy))) {}

PolicySource::PolicySource(std::filesystem::path file, Log& log) : file_(std::move(file)), log_(&log) {}

Result<std::unique_ptr<PolicySource>> PolicySource::make(const std::filesystem::path& file, bool open, Log& log) {
  if (file.empty()) {
    return std::make_unique<PolicySource>(Policy::builtin(open));
  }
  std::unique_ptr<PolicySource> source(new PolicySource(file, log));
  RETURN_IF_ERROR(source->read());
  source->ticker_.emplace("policy", kLookInterval, [held = source.get()] { held->look(); });
  return source;
}

std::shared_ptr<const Policy> PolicySource::current() const {
  std::lock_guard lock(mutex_);
  return policy_;
}

std::optional<PolicySource::Stamp> PolicySource::stamp_of(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    return std::nullopt;
  }
  return Stamp{std::uint64_t{info.st_dev}, std::uint64_t{info.st_ino}, static_cast<std::uint64_t>(info.st_size),
               std::int64_t{info.st_mtim.tv_sec}, std::int64_t{info.st_mtim.tv_nsec}};
}

Status PolicySource::read() {
  // From before the reading: what is written meanwhile is seen as another version by the next look.
  stamp_ = stamp_of(file_);
  TRY_ASSIGN(Policy policy, read_policy(file_, false));
  auto made = std::make_shared<const Policy>(std::move(policy));
  std::lock_guard lock(mutex_);
  policy_ = std::move(made);
  return {};
}

void PolicySource::say(const Status& status) {
  if (status.ok()) {
    log_->info("policy read", {{"file", file_.string()}});
  } else {
    log_->warning("policy not read; the one of before stays", {{"file", file_.string()}, {"why", status.message()}});
  }
}

void PolicySource::reload() {
  if (file_.empty()) {
    return;
  }
  std::lock_guard lock(reading_);
  say(read());
}

void PolicySource::look() {
  std::lock_guard lock(reading_);
  if (stamp_of(file_) != stamp_) {
    say(read());
  }
}

}  // namespace tessera::auth
