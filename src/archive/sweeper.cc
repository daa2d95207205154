#include "archive/sweeper.h"

#include <pthread.h>

#include <map>

#include "archive/metadata_upload.h"
#include "archive/removal.h"
#include "archive/sidecars.h"

namespace tessera::archive {

namespace {

constexpr std::size_t kBatch = 256;
constexpr Millis kUnfinishedAge{0};  // a lock, not age, tells the dead from the living

// Rows go once their blobs are gone for good: what no row names and no record of a deletion lists must not come back.
Status reclaim(blob::BlobStore& blobs, catalog::Instances& instances,
               const std::vector<catalog::PendingBlob>& garbage) {
  std::map<std::string, std::string> folders;  // one blob of each folder stands for all of it
  std::vector<std::int64_t> watermarks;
  for (const catalog::PendingBlob& dead : garbage) {
    RETURN_IF_ERROR(remove_with_sidecars(blobs, dead.blob_key));
    folders.emplace(dead.blob_key.substr(0, dead.blob_key.rfind('/')), dead.blob_key);
    watermarks.push_back(dead.watermark);
  }
  for (const auto& [folder, blob_key] : folders) {
    RETURN_IF_ERROR(blobs.settle(blob_key));
  }
  return instances.forget(watermarks);
}

// What a crash left in the moment in which a staged value has a name. A minute is long enough for those who live.
Status sweep_staged(blob::BlobStore& blobs) {
  const std::int64_t old = SystemClock().wall_millis() - 60'000;
  std::vector<std::string> keys;
  RETURN_IF_ERROR(blobs.list(kStagedPrefix, [&keys, old](const blob::BlobInfo& info) {
    if (info.modified_millis < old) {
      keys.push_back(info.key);
    }
    return true;
  }));
  for (const std::string& key : keys) {
    RETURN_IF_ERROR(blobs.remove(key));
  }
  return {};
}

}  // namespace

Result<SweepReport> sweep(blob::BlobStore& blobs, catalog::Instances& instances) {
  SweepReport report;
  while (true) {
    // Expired uploads become garbage in a transaction first, so that their owner, should it live after all, cannot
    // publish what is being removed.
    TRY_ASSIGN(const std::uint64_t expired, instances.expire_pending());
    TRY_ASSIGN(const auto garbage, instances.garbage(kBatch));
    report.expired += expired;
    if (!garbage.empty()) {
      RETURN_IF_ERROR(reclaim(blobs, instances, garbage));
    }
    report.blobs += garbage.size();
    if (garbage.size() < kBatch) {
      break;
    }
  }
  TRY_ASSIGN(report.deletions, retire_deletions(blobs, instances));
  RETURN_IF_ERROR(sweep_staged(blobs));
  TRY_ASSIGN(report.unfinished, blobs.sweep_unfinished(kUnfinishedAge));
  return report;
}

Sweeper::Sweeper(blob::BlobStore& blobs, catalog::Instances& instances, Locator& locator, Log& log, Options options)
    : blobs_(blobs), instances_(instances), locator_(locator), log_(log), options_(std::move(options)) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "sweeper");
    run();
  });
}

Sweeper::~Sweeper() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Sweeper::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void Sweeper::run() {
  auto last_sweep = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    const bool sweep_due = woken_ || now - last_sweep >= options_.sweep_interval;
    woken_ = false;
    lock.unlock();
    tend(sweep_due);
    lock.lock();
    last_sweep = sweep_due ? now : last_sweep;
    wake_.wait_for(lock, options_.epoch_interval, [this] { return stopping_ || woken_; });
  }
}

void Sweeper::tend(bool sweep_due) {
  const Status polled = locator_.poll_epoch();
  if (!polled.ok()) {
    log_.warning("catalog epoch unknown", {{"why", polled.message()}});
  }
  if (!sweep_due) {
    return;
  }
  const Status beat = instances_.heartbeat(options_.owner, options_.lease);
  if (!beat.ok()) {
    log_.warning("leases not renewed", {{"why", beat.message()}});
  }
  const Result<SweepReport> swept = sweep(blobs_, instances_);
  if (!swept.ok()) {
    log_.warning("sweep failed", {{"why", swept.status().message()}});
  } else if (swept->blobs + swept->unfinished > 0) {
    log_.info("swept", {{"blobs", swept->blobs}, {"unfinished", swept->unfinished}});
  }
}

}  // namespace tessera::archive
