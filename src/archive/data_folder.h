// DataFolder: what `--data` names: blobs, catalog and the FORMAT stamp (doc/on-disk-format.md). Opened once per process
// by the composition root; several processes may have the same folder open.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/database.h"

namespace tessera::archive {

inline constexpr int kDataFormat = 1;

struct DataFolder {
  std::filesystem::path path;
  std::unique_ptr<blob::BlobStore> blobs;
  std::unique_ptr<catalog::Database> database;
};

// Makes a new folder where there is none or an empty one. A folder with a newer FORMAT is refused (Unsupported); one
// that holds other people's files but no FORMAT is refused too (InvalidArgument): nothing of theirs is touched.
Result<DataFolder> open_data_folder(const std::filesystem::path& path);

}  // namespace tessera::archive
