// Orphans: files in the blob store that no catalog row names. Sidecars may be left by a power loss; whole instances
// only where the catalog is not the one that knew them (an old backup): so whoever collects asks before those go.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"

namespace tessera::archive {

// `each` with every one that is older than `newest_millis`; false stops. An upload's row is there before its first
// file, so that what is being stored is never among them, whatever its age; the age is for clocks and for care.
// Names that are not ours are passed by. Blocks: one look-up for each file.
Status for_each_orphan(blob::BlobStore& blobs, catalog::Instances& instances, std::int64_t newest_millis,
                       const std::function<bool(const blob::BlobInfo& info, bool is_image)>& each);

}  // namespace tessera::archive
