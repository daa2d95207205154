// MemoryStore: a BlobStore in memory, for tests and for reading access patterns (it counts calls).
#pragma once

#include <memory>

#include "blob/blob_store.h"

namespace tessera::blob {

std::unique_ptr<BlobStore> make_memory_store();

}  // namespace tessera::blob
