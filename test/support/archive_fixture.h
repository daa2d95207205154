// An archive in memory: the real catalog on SQLite's :memory:, blobs in a MemoryStore.
#pragma once

#include <gtest/gtest.h>

#include "archive/ingest.h"
#include "archive/locator.h"
#include "archive/sweeper.h"
#include "blob/memory_store.h"
#include "catalog/database.h"
#include "catalog/partitions.h"
#include "support/fake_clock.h"
#include "support/part10.h"

namespace tessera::test {

class ArchiveTest : public ::testing::Test {
 protected:
  archive::StoreOutcome store(std::string_view bytes, archive::IngestOptions options = {},
                              std::size_t piece = 1 << 20) {
    auto session = ingest.begin(std::move(options));
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      (*session)->feed(as_bytes(bytes.substr(at, piece)));
    }
    return (*session)->finish();
  }

  std::size_t blob_count() {
    std::size_t count = 0;
    EXPECT_TRUE(blobs->list("", [&](const blob::BlobInfo&) { return ++count != 0; }).ok());
    return count;
  }

  static catalog::Scope scope_of(const Part10& file) { return {1, file.study, file.series, file.sop}; }

  FakeClock clock;
  std::unique_ptr<blob::BlobStore> blobs = blob::make_memory_store();
  std::unique_ptr<catalog::Database> database = std::move(*catalog::open_sqlite(":memory:"));
  catalog::Instances instances{*database, clock};
  catalog::Partitions partitions{*database, clock};
  archive::Locator locator{*blobs, instances, {}};
  archive::Ingest ingest{*blobs, instances, locator, {.owner = "test"}};
  const catalog::Visibility everything = catalog::Visibility::everything();
};

}  // namespace tessera::test
