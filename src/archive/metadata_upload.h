// MetadataUpload: STOW of metadata and bulk data (PS3.18 §10.5.1). First the instances as DICOM JSON, then the values
// that its BulkDataURIs name, in any order; when all have come, each instance is written as a Part 10 file, front to
// back, into whatever takes it.
//
//   native values   explicit VR little endian, whatever syntax is named
//   pixel data of a compressed syntax   encapsulated: each part of its location is one frame, in the order they came
//
// The JSON is held (up to kMaxJson), and so are values inside sequences (kMaxHeld for all); values at top level, pixels
// that is, go to files of no name and may be of any size. One thread at a time; blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rope.h"
#include "blob/blob_store.h"
#include "dicom/json_reader.h"

namespace tessera::archive {

class MetadataUpload {
 public:
  static constexpr std::size_t kMaxJson = 32 * 1024 * 1024;
  static constexpr std::size_t kMaxHeld = 64 * 1024 * 1024;
  static constexpr std::size_t kMaxParts = 4'096;  // of bulk data: each top-level one is an open file

  explicit MetadataUpload(blob::BlobStore& blobs) : blobs_(blobs) {}
  ~MetadataUpload();

  // Before the first bulk value. TooLarge above kMaxJson; several texts are several arrays.
  Status add_json(ByteView text);
  Status end_json();
  // InvalidArgument when no BulkDataURI of the metadata names `location`; Corrupt, naming tag and byte, for JSON that
  // cannot be read. `transfer_syntax` as the part's Content-Type says; empty: it does not.
  Status begin_value(std::string_view location, std::string_view transfer_syntax);
  Status add_bytes(ByteView bytes);
  Status end_value();

  // All parts are there. Reads the instances for good, with the values of their sequences.
  Result<std::vector<dicom::JsonInstance>> instances();
  // The instance as a file, in pieces. InvalidArgument for a value that never came or does not fit its element;
  // a failure of `feed` is passed on.
  Status write(const dicom::JsonInstance& instance, const std::function<Status(ByteView)>& feed);

 private:
  struct Value {
    bool nested = false;  // some sequence wants it: held
    bool top = false;     // some data set wants it at top level: staged
    std::string held;
    std::vector<std::shared_ptr<RangeSource>> staged;  // one for each part
    std::string transfer_syntax;
    std::uint64_t parts = 0;
  };

  Status read_names();
  Value* find(std::string_view location);
  Status write_value(const dicom::JsonInstance& instance, const dicom::JsonBulk& bulk, bool encapsulated,
                     const std::function<Status(ByteView)>& feed);
  Status write_fragments(const dicom::JsonInstance& instance, const Value& value,
                         const std::function<Status(ByteView)>& feed);

  blob::BlobStore& blobs_;
  std::vector<std::string> texts_;
  bool in_text_ = false;
  bool names_read_ = false;
  std::map<std::string, Value, std::less<>> values_;  // by BulkDataURI
  std::size_t json_bytes_ = 0;
  std::size_t held_bytes_ = 0;
  std::size_t parts_ = 0;
  Value* open_ = nullptr;
  std::unique_ptr<blob::BlobWriter> staging_;
};

// Where staged values have a name for a moment, between being written and being opened: what a crash leaves there, a
// sweep removes.
inline constexpr std::string_view kStagedPrefix = "staged/";

}  // namespace tessera::archive
