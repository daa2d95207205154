#include "archive/reindex.h"

#include <pthread.h>

#include <vector>

#include "archive/attributes.h"
#include "archive/blob_header.h"
#include "base/clock.h"
#include "catalog/indexing.h"
#include "dicom/tags.h"

namespace tessera::archive {

namespace {

constexpr std::size_t kBatch = 32;
constexpr Millis kAgain{5'000};  // after a failure of the catalog or the disk

Result<catalog::Publication> read_keys(blob::BlobStore& blobs, const catalog::Unindexed& instance) {
  TRY_ASSIGN(const auto blob, blobs.open(instance.reservation.blob_key));
  AttributeCollector attributes;
  RETURN_IF_ERROR(read_before(*blob, dicom::tags::kExtendedOffsetTable, attributes));
  catalog::Publication publication;
  publication.key = instance.key;
  publication.reservation = instance.reservation;
  publication.instance.transfer_syntax = instance.transfer_syntax;
  RETURN_IF_ERROR(attributes.fill(publication));
  return publication;
}

}  // namespace

Result<std::size_t> reindex_batch(blob::BlobStore& blobs, catalog::Database& database,
                                  const std::function<void(const std::string& blob_key, const Status&)>& on_problem) {
  catalog::Indexing indexing(database);
  TRY_ASSIGN(const auto instances, indexing.unindexed(kBatch));
  std::vector<catalog::Publication> publications;
  for (const catalog::Unindexed& instance : instances) {
    Result<catalog::Publication> read = read_keys(blobs, instance);
    if (read.ok()) {
      publications.push_back(std::move(*read));
      continue;
    }
    on_problem(instance.reservation.blob_key, read.status());
    RETURN_IF_ERROR(indexing.give_up(instance.reservation.watermark));
  }
  RETURN_IF_ERROR(indexing.index(publications));
  return instances.size();
}

Reindexer::Reindexer(blob::BlobStore& blobs, catalog::Database& database, Log& log)
    : blobs_(blobs), database_(database), log_(log) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "reindexer");
    run();
  });
}

Reindexer::~Reindexer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void Reindexer::run() {
  std::size_t done = 0;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto taken = reindex_batch(blobs_, database_, [this](const std::string& blob_key, const Status& why) {
      log_.warning("not indexed for search", {{"file", blob_key}, {"why", why.message()}});
    });
    lock.lock();
    if (!taken.ok()) {
      log_.warning("indexing for search failed", {{"why", taken.status().message()}});
      stop_.wait_for(lock, kAgain, [this] { return stopping_; });
      continue;
    }
    done += *taken;
    if (*taken == 0) {
      if (done > 0) {
        log_.info("indexed for search", {{"instances", done}});
      }
      return;
    }
  }
}

}  // namespace tessera::archive
