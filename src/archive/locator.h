// Locator: from the UIDs of a path to where the bytes are, with neither SQL nor JSON once it is cached. The hot path.
//
// A Located is an immutable picture of one instance: its row, its open blob, its frame table. The cache trusts it while
// the catalog's epoch stands still; when any process has committed since, the row is looked up again first (by the
// blocking call), so a delete or replacement elsewhere is seen within the polling interval (at most a second, design
// §4.7), and one in this process at once (forget). Safe from many threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/lru.h"
#include "base/result.h"
#include "base/rope.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"
#include "dicom/frame_table.h"
#include "dicom/transfer_syntax.h"

namespace tessera::archive {

struct Located {
  catalog::InstanceRow row;
  std::shared_ptr<RangeSource> blob;     // the instance
  std::shared_ptr<RangeSource> content;  // what frames and bulk values are ranges of: the blob, or its inflated form
  const dicom::TransferSyntax* syntax = nullptr;  // nullptr: a syntax this program has no row for
  dicom::FrameTableHeader frames;
  dicom::FrameExceptions exceptions;
  mutable std::atomic<std::int64_t> epoch{0};  // the catalog's, when `row` was last known to be true
};

class Locator {
 public:
  struct Options {
    std::size_t instances = 4096;                   // open blobs kept: each costs one descriptor
    std::size_t block_bytes = 64ull * 1024 * 1024;  // decoded frame-table blocks
  };
  // The stores are borrowed.
  Locator(blob::BlobStore& blobs, catalog::Instances& instances, Options options);

  // From memory alone; nothing when it is not cached, no longer certain, or not to be seen. Never blocks.
  std::shared_ptr<const Located> cached(const catalog::Scope& instance, const catalog::Visibility& visibility);
  // The same with catalog and store behind it. Blocks. NotFound as Instances::find.
  Result<std::shared_ptr<const Located>> locate(const catalog::Scope& instance, const catalog::Visibility& visibility);

  // The frame's place from memory alone; false when the block is not cached. `frame` must be below frame_count.
  bool cached_extent(const Located& located, dicom::FrameIndex frame, ByteRange& extent);
  // Every kind of frame. Reads at most one block. Blocks.
  Result<dicom::FrameExtents> extents(const Located& located, dicom::FrameIndex frame);

  // What the scope names was deleted or replaced in this process.
  void forget(const catalog::Scope& scope);
  // Asks the catalog for its epoch; the sweeper calls it twice a second.
  Status poll_epoch();

  struct Counters {
    std::uint64_t instance_hits, instance_misses, block_hits, block_misses;
    std::uint64_t instance_weight, instance_entries, block_weight, block_entries;
  };
  Counters counters() const;

 private:
  Result<std::shared_ptr<const Located>> open(catalog::InstanceRow row);
  Status read_frame_table(Located& located);
  Result<std::shared_ptr<const dicom::FrameBlock>> load_block(const Located& located, dicom::FrameIndex first);

  struct BlockKey {
    std::int64_t watermark;
    std::uint32_t block;
    friend bool operator==(const BlockKey&, const BlockKey&) = default;
  };
  struct BlockKeyHash {
    std::size_t operator()(const BlockKey& key) const {
      return static_cast<std::size_t>(key.watermark) * 0x9E3779B97F4A7C15ull ^ key.block;
    }
  };

  blob::BlobStore& blobs_;
  catalog::Instances& instances_;
  std::atomic<std::int64_t> epoch_{0};
  Lru<std::string, std::shared_ptr<const Located>> located_;
  Lru<BlockKey, std::shared_ptr<const dicom::FrameBlock>, BlockKeyHash> blocks_;
};

}  // namespace tessera::archive
