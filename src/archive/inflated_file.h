// The inflated sidecar (.inflated) of a deflated instance: its file with the data set inflated (design §4.4), so that
// frames and bulk values are ranges of it. Instances of other transfer syntaxes have none.
//
//   file    := content trailer
//   content := zeros in place of preamble and file meta information, then the inflated data set: a place in the tokens,
//              in .frames and in .meta is a place here
//   trailer := magic "TSIF" version blob-size blob-hash content-size content-hash crc                        64 bytes
//
// Derived data: the reader checks all of it once, when an instance is located, and says Corrupt; sidecars.h rebuilds.
// Writer and reader are one thread's.
#pragma once

#include <cstdint>
#include <memory>

#include "base/hash.h"
#include "base/result.h"
#include "base/rope.h"
#include "blob/blob_store.h"
#include "dicom/token.h"

namespace tessera::archive {

// Opens its writer when the first bytes of a deflated data set go by; stays empty for all other files.
class InflatedWriter final : public dicom::TokenSink {
 public:
  explicit InflatedWriter(blob::BlobStore& store) : store_(store) {}

  Status on_inflated(std::uint64_t offset, ByteView bytes) override;

  bool is_used() const { return out_ != nullptr; }
  std::uint64_t content_size() const { return out_->size(); }
  // After the last token; only when used.
  Status finish(std::uint64_t blob_size, std::uint64_t blob_hash);
  Status commit(std::string_view key);

 private:
  Status write(ByteView bytes);

  blob::BlobStore& store_;
  std::unique_ptr<blob::BlobWriter> out_;
  Checksum checksum_;
};

// The content of a sidecar that belongs to this blob, read through and found whole; else Corrupt. Blocks.
Result<std::shared_ptr<RangeSource>> open_inflated(std::shared_ptr<RangeSource> sidecar, std::uint64_t blob_size,
                                                   std::uint64_t blob_hash);

}  // namespace tessera::archive
