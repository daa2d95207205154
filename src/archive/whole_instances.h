// Whole instances on their way out, as many as a study has: none is opened before its turn, and no more than one of an
// answer is open at a time, so that neither descriptors nor memory grow with the study (a few hundred bytes an
// instance, for its row).
//
// Stores and pools are borrowed and must outlive the answer. An instance whose blob has gone meanwhile (a delete, a
// PUT) ends the answer early: the peer sees that it is not whole.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/pool.h"
#include "base/rope.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"

namespace tessera::archive {

// Blobs that one answer sends one after the other. Each source is of a known size and opens when it is first read, on
// the pool, which closes the one before; from then on it has a plain descriptor. For one reader that goes forward.
class BlobsInTurn {
 public:
  static std::shared_ptr<BlobsInTurn> make(blob::BlobStore& blobs, Pool& pool);
  virtual ~BlobsInTurn() = default;
  virtual std::shared_ptr<RangeSource> add(const catalog::InstanceRow& row) = 0;
};

// The rows' files as one ZIP, "{study}/{series}/{sop}.dcm" each, as they are stored.
std::unique_ptr<Stream> stream_zip(std::vector<catalog::InstanceRow> rows, blob::BlobStore& blobs, Pool& pool);

}  // namespace tessera::archive
