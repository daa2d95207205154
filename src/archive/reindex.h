// Reindexing: what was stored by an older program is read again, its header alone, so that it is found by today's keys
// (catalog/searchable.h). Until the last one is done, a search by a new key is told to come again later.
//
// Reindexer is a thread of a serving process: it starts at once, takes the newest first, a few at a time, and ends when
// none is left. Any number of processes may do so at once: two that take the same instance write the same.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/database.h"

namespace tessera::archive {

// One batch; returns how many instances it took: 0 when none is left. `on_problem` is told of a file that cannot be
// read, which is found by the keys it has. Blocks.
Result<std::size_t> reindex_batch(blob::BlobStore& blobs, catalog::Database& database,
                                  const std::function<void(const std::string& blob_key, const Status&)>& on_problem);

class Reindexer {
 public:
  // All borrowed.
  Reindexer(blob::BlobStore& blobs, catalog::Database& database, Log& log);
  ~Reindexer();

 private:
  void run();

  blob::BlobStore& blobs_;
  catalog::Database& database_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses the rest
};

}  // namespace tessera::archive
