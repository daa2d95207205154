// RestoredBlob: what one stored Part 10 file says about itself, read again for its catalog rows (rebuild.h). The same
// sinks as ingest.h's, so that the rows come out as the upload made them.
#pragma once

#include "base/result.h"
#include "blob/blob_store.h"
#include "catalog/restoration.h"

namespace tessera::archive {

struct RestoredBlob {
  catalog::Publication publication;
  bool sidecars_made = false;
  // Both sidecars agree on a checksum that is not the blob's: its bytes changed since it was stored.
  bool changed = false;
};

// Reads the whole blob once (twice when it changed); keeps sidecars that are valid, makes those that are not. Corrupt
// when it is no DICOM or not the instance its name says. Blocks; holds one buffer of a mebibyte, whatever the size.
Result<RestoredBlob> restore_blob(blob::BlobStore& store, const catalog::FoundBlob& found);

}  // namespace tessera::archive
