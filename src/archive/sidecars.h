// Sidecars: the derived files beside a blob, .frames, .meta and, for a deflated data set, .inflated; made in the pass
// that takes an upload in, and made again from the blob when they are absent or wrong (they are not fsynced: a power
// loss may take them).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/inflated_file.h"
#include "archive/metadata_file.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/rope.h"
#include "blob/blob_store.h"
#include "catalog/instances.h"
#include "dicom/frame_table.h"
#include "dicom/json.h"
#include "dicom/parser.h"
#include "dicom/token.h"

namespace tessera::archive {

std::string frames_key(std::string_view blob_key);  // "…_17.dcm" → "…_17.frames"
std::string meta_key(std::string_view blob_key);
std::string inflated_key(std::string_view blob_key);

// Writes the sidecars from one token stream. One thread; destroyed without commit() it leaves nothing.
class SidecarBuilder {
 public:
  static Result<std::unique_ptr<SidecarBuilder>> create(blob::BlobStore& store);

  std::vector<dicom::TokenSink*> sinks() { return {&inflated_, &frames_, &json_}; }
  // After the last token.
  Status finish(std::uint64_t blob_size, std::uint64_t blob_hash);
  Status commit(std::string_view blob_key);
  std::uint32_t frame_count() const { return frames_.frame_count(); }
  // Known after finish(): how pixel data and attributes contradict each other; ok when they agree.
  const Status& frames_problem() const { return frames_.problem(); }

 private:
  SidecarBuilder(blob::BlobStore& store, std::unique_ptr<blob::BlobWriter> frames,
                 std::unique_ptr<blob::BlobWriter> meta);

  std::unique_ptr<blob::BlobWriter> frames_out_;
  std::unique_ptr<blob::BlobWriter> meta_out_;
  InflatedWriter inflated_;
  MetadataWriter metadata_;
  dicom::FrameTableBuilder frames_;
  dicom::JsonWriter json_;
};

// The whole blob through parser and checksum, a piece at a time. Blocks.
Status read_through(RangeSource& blob, dicom::Parser& parser, Checksum& checksum);

// Parses the whole blob again and replaces its sidecars. Blocks for as long as reading the blob takes.
Status rebuild_sidecars(blob::BlobStore& store, const catalog::InstanceRow& row);

// What places in .frames and .meta are places in: `blob` itself or, for a deflated data set, the inflated sidecar,
// rebuilt when absent or wrong. Blocks; reads an inflated sidecar through.
Result<std::shared_ptr<RangeSource>> open_content(blob::BlobStore& store, const catalog::InstanceRow& row,
                                                  std::shared_ptr<RangeSource> blob);

// The metadata sidecar of a row, rebuilt when absent or wrong, or, with `cut_per_frame`, when an older program made it
// and did not cut it at the per-frame groups. Blocks.
Result<MetadataFile> open_metadata(blob::BlobStore& store, const catalog::InstanceRow& row, bool cut_per_frame = false);

// Removes a blob and its sidecars; ok when they were not there.
Status remove_with_sidecars(blob::BlobStore& store, std::string_view blob_key);

}  // namespace tessera::archive
