// ArchiveStack: the parts of an archive on one data folder, as plain members in build order. What `serve` and `import`
// both stand on; owned by the command that runs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "archive/data_folder.h"
#include "archive/free_space.h"
#include "archive/ingest.h"
#include "archive/locator.h"
#include "archive/sweeper.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "catalog/feed.h"
#include "catalog/instances.h"
#include "catalog/keys.h"
#include "catalog/partitions.h"

namespace tessera::app {

class ArchiveStack {
 public:
  // `log` is borrowed.
  static Result<std::unique_ptr<ArchiveStack>> open(const std::filesystem::path& data_folder,
                                                    archive::Locator::Options cache, Millis lease, Log& log,
                                                    std::uint64_t min_free_bytes = 0);

  const std::string owner;  // this process among those that share the folder: host, pid, a random number
  SystemClock clock;
  archive::DataFolder folder;
  archive::FreeSpace free_space;
  catalog::Instances instances;
  catalog::Partitions partitions;
  catalog::Feed feed;
  catalog::Keys keys;
  archive::Locator locator;
  archive::Ingest ingest;
  archive::Sweeper sweeper;

 private:
  ArchiveStack(archive::DataFolder opened, archive::Locator::Options cache, Millis lease, Log& log,
               std::uint64_t min_free_bytes);
};

}  // namespace tessera::app
