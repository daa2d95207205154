// DataFolder: what `--data` names: blobs, catalog and the FORMAT stamp (doc/on-disk-format.md). Opened once per process
// by the composition root; several processes may have the same folder open.
//
// The file `lock` says who uses the folder: every process that has it open holds a shared advisory lock (flock) for as
// long as it lives, whoever changes it as a whole (a migration of FORMAT, a rebuild of the catalog) an exclusive one.
// The kernel lets go of both when a process dies.
#pragma once

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/database.h"

namespace tessera::archive {

// 1: blobs, catalog, incoming. 2: partitions have records beside their blobs, deletions have records until reclaimed.
inline constexpr int kDataFormat = 2;

struct DataFolder {
  std::filesystem::path path;
  File lock;
  std::unique_ptr<blob::BlobStore> blobs;
  std::unique_ptr<catalog::Database> database;
};

// Makes a new folder where there is none or an empty one, and brings one of an older FORMAT to the newest
// (data_format.h). A folder with a newer FORMAT is refused (Unsupported); one that holds other people's files but no
// FORMAT too (InvalidArgument): nothing of theirs is touched. Corrupt when there are blobs but no catalog; Busy while
// somebody has the folder alone.
Result<DataFolder> open_data_folder(const std::filesystem::path& path);

// The folder without its catalog, for one process alone: Busy while any other has it open. NotFound when there is none.
struct LoneFolder {
  std::filesystem::path path;
  File lock;
  std::unique_ptr<blob::BlobStore> blobs;
};
Result<LoneFolder> open_folder_alone(const std::filesystem::path& path);

std::filesystem::path catalog_path(const std::filesystem::path& folder);

}  // namespace tessera::archive
