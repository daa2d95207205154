// The metadata sidecar (.meta): the full DICOM JSON of one instance, compressed in members that are cut at each
// BulkDataURI, so that the base URL of a request goes in between without touching the rest (doc/on-disk-format.md).
//
//   file   := header member* index
//   header := magic "TSMD" version blob-size blob-hash index-offset index-length index-crc header-crc        64 bytes
//   member := deflate blocks (RFC 1951) that end at a byte, refer to nothing before them, and of which none is final:
//             members and small ones made on the way, put one after the other, are one deflate stream
//   index  := one row per member: where it lies, its CRCs, and the bulk value whose URI follows it, if one does
//
// (Not gzip members: a well-known browser reads the first of several and forgets the rest.)
//
// Derived data: a reader checks everything and says Corrupt; sidecars.h rebuilds. Writer and reader are one thread's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/rope.h"
#include "blob/blob_store.h"
#include "dicom/json.h"

namespace tessera::archive {

inline constexpr std::uint32_t kMaxBulkValues = 1'000'000;  // per instance; ingest refuses more

struct MetadataMember {
  ByteRange range;  // compressed, in the sidecar
  std::uint64_t raw_length = 0;
  std::uint32_t crc32 = 0;      // of the compressed bytes
  std::uint32_t raw_crc32 = 0;  // of what they hold: joined to the CRC of a whole answer
  bool per_frame = false;       // part of the per-frame groups: what is left without such members is an object too
  bool has_bulk = false;
  dicom::BulkValue bulk;  // its URI follows this member
};

class MetadataWriter final : public dicom::JsonOutput {
 public:
  // `out` is borrowed and empty; the caller commits it after finish().
  explicit MetadataWriter(blob::BlobWriter& out);
  ~MetadataWriter() override;

  Status text(std::string_view json) override;
  Status bulk(const dicom::BulkValue& value) override;
  Status per_frame_groups(bool begins) override;
  Status finish(std::uint64_t blob_size, std::uint64_t blob_hash);

 private:
  struct Deflater;
  Status close_member();

  blob::BlobWriter& out_;
  std::unique_ptr<Deflater> deflater_;
  ByteBuffer index_;
  std::uint32_t members_ = 0;
  MetadataMember open_;  // the member being written
  bool in_groups_ = false;
};

class MetadataFile {
 public:
  // Checks header and index against each other and against the blob; Corrupt when anything is off.
  static Result<MetadataFile> open(std::shared_ptr<RangeSource> source, std::uint64_t blob_size,
                                   std::uint64_t blob_hash);

  const std::vector<MetadataMember>& members() const { return members_; }
  const std::shared_ptr<RangeSource>& source() const { return source_; }
  std::uint64_t raw_size() const;
  // Whether members are cut at the per-frame groups, if there are any; those of older versions are not.
  bool cuts_per_frame() const { return cuts_per_frame_; }

  // The whole JSON with `bulk_base` + path + `bulk_suffix` as each BulkDataURI; TooLarge above `limit`.
  Result<std::string> json(std::string_view bulk_base, std::string_view bulk_suffix, std::uint64_t limit) const;

 private:
  std::shared_ptr<RangeSource> source_;
  std::vector<MetadataMember> members_;
  bool cuts_per_frame_ = false;
};

// What a gzip answer is made of: begin(), then members and texts in any order, then end().
class GzipJoiner {
 public:
  static std::string begin();
  // `text` as a member made on the way.
  std::string text(std::string_view text);
  // A member that goes through as it is.
  void pass(const MetadataMember& member);
  std::string end() const;

 private:
  std::uint32_t crc32_ = 0;
  std::uint64_t size_ = 0;
};

// Members undone piece by piece. `feed` appends what comes out; Corrupt when the bytes are no deflate blocks.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;
  Status feed(ByteView in, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::archive
