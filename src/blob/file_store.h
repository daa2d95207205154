// FileStore: blobs as plain files below {data}/blobs, unfinished ones below {data}/incoming on the same file system.
//
// Truth is durable by: write, fsync, fsync of every folder made, rename (link where a blob must not be replaced), fsync
// of the folder. Writes go out in aligned 1 MiB pieces with write-back started early (spec: fast). Unfinished files
// carry an advisory lock while their writer lives, so that a sweep by any process can tell the living from the dead.
#pragma once

#include <filesystem>
#include <memory>

#include "blob/blob_store.h"

namespace tessera::blob {

// Makes the two folders where missing.
Result<std::unique_ptr<BlobStore>> open_file_store(const std::filesystem::path& data_folder);

}  // namespace tessera::blob
