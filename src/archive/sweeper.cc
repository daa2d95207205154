#include "archive/sweeper.h"

#include <pthread.h>

#include "archive/sidecars.h"

namespace tessera::archive {

namespace {

constexpr std::size_t kBatch = 256;
constexpr Millis kUnfinishedAge{0};  // a lock, not age, tells the dead from the living

Result<std::uint64_t> reclaim(blob::BlobStore& blobs, catalog::Instances& instances,
                              const std::vector<catalog::PendingBlob>& blobs_to_go) {
  std::uint64_t count = 0;
  for (const catalog::PendingBlob& dead : blobs_to_go) {
    RETURN_IF_ERROR(remove_with_sidecars(blobs, dead.blob_key));
    RETURN_IF_ERROR(instances.forget(dead.watermark));
    ++count;
  }
  return count;
}

}  // namespace

Result<std::uint64_t> sweep(blob::BlobStore& blobs, catalog::Instances& instances) {
  std::uint64_t total = 0;
  while (true) {
    // Expired uploads become garbage in a transaction first, so that their owner, should it live after all, cannot
    // publish what is being removed.
    TRY_ASSIGN([[maybe_unused]] const std::uint64_t expired, instances.expire_pending());
    TRY_ASSIGN(const auto garbage, instances.garbage(kBatch));
    TRY_ASSIGN(const std::uint64_t count, reclaim(blobs, instances, garbage));
    total += count;
    if (garbage.size() < kBatch) {
      break;
    }
  }
  TRY_ASSIGN(const std::uint64_t unfinished, blobs.sweep_unfinished(kUnfinishedAge));
  return total + unfinished;
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
  const Result<std::uint64_t> swept = sweep(blobs_, instances_);
  if (!swept.ok()) {
    log_.warning("sweep failed", {{"why", swept.status().message()}});
  } else if (*swept > 0) {
    log_.info("swept", {{"blobs", *swept}});
  }
}

}  // namespace tessera::archive
