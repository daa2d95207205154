#include "app/archive_stack.h"

#include <unistd.h>

#include <algorithm>
#include <random>

namespace tessera::app {

namespace {

std::string make_owner() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return std::string(host) + ":" + std::to_string(getpid()) + ":" + std::to_string(std::random_device()());
}

}  // namespace

ArchiveStack::ArchiveStack(archive::DataFolder opened, archive::Locator::Options cache, Millis lease, Log& log,
                           std::uint64_t min_free_bytes)
    : owner(make_owner()),
      folder(std::move(opened)),
      free_space(*folder.blobs, clock, min_free_bytes),
      instances(*folder.database, clock),
      partitions(*folder.database, clock),
      feed(*folder.database),
      keys(*folder.database, clock),
      locator(*folder.blobs, instances, cache),
      ingest(*folder.blobs, instances, locator, {.owner = owner, .lease = lease}),
      sweeper(*folder.blobs, instances, locator, log,
              {.owner = owner, .lease = lease, .sweep_interval = std::min<Millis>(Millis(10'000), lease / 3)}) {}

Result<std::unique_ptr<ArchiveStack>> ArchiveStack::open(const std::filesystem::path& data_folder,
                                                         archive::Locator::Options cache, Millis lease, Log& log,
                                                         std::uint64_t min_free_bytes) {
  TRY_ASSIGN(archive::DataFolder opened, archive::open_data_folder(data_folder));
  return std::unique_ptr<ArchiveStack>(new ArchiveStack(std::move(opened), cache, lease, log, min_free_bytes));
}

}  // namespace tessera::app
