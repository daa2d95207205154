// BlobStore: where bytes are kept. A seam: file store, memory store (later S3, encryption and prefix as wrappers).
//
// A blob is immutable and named by a key ("1/1.2.3/1.2.3.4/1.2.3.4.5_17.dcm": relative, '/' between segments of
// [A-Za-z0-9._-], no "." or ".." segment). Either it is there whole or not at all: what was not committed is never seen
// by open, stat or list. Ingest writes through BlobWriter; tiles read through open(). All methods of a store are safe
// from many threads and may block, except RangeSource::read of an opened blob on page-cached files.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/rope.h"

namespace tessera::blob {

enum class Durability {
  Truth,    // on the medium, with its folder entries, when commit() returns ok: blobs, .rope files
  Derived,  // may be lost or torn by power loss: .frames, .meta (checksummed, rebuilt when wrong)
};

// A streamed put. One thread at a time. Destroyed without commit(), it leaves nothing behind.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  // Pieces of any size; NoSpace when the disk is full. After a failure only abort (destruction) is left.
  virtual Status write(ByteView bytes) = 0;
  // Replaces bytes already written (headers known last); must lie within what was written.
  virtual Status overwrite(std::uint64_t offset, ByteView bytes) = 0;
  virtual std::uint64_t size() const = 0;
  // Names the blob and makes it seen; an existing blob of that key is AlreadyExists for Truth and replaced for Derived.
  virtual Status commit(std::string_view key, Durability durability) = 0;
};

// A file that a store takes over without copying its bytes (BlobStore::adopt).
struct Adopted {
  std::unique_ptr<BlobWriter> writer;  // holds all the bytes: only commit() is left
  std::shared_ptr<RangeSource> bytes;  // the same bytes, to be read for hash and sidecars
};

struct BlobInfo {
  std::string key;
  std::uint64_t size = 0;
  std::int64_t modified_millis = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual Result<std::unique_ptr<BlobWriter>> put() = 0;
  // A writer that holds the file at `path` already: its blocks are shared where the file system can (FICLONE); else,
  // when `may_take` says that the caller removes the file once the blob is committed and published, and nobody else
  // owns or writes it, the file itself gets the blob's name too until then. Unsupported where neither can be: put() and
  // copy. The file stays under its own name whatever happens here.
  virtual Result<Adopted> adopt(const std::filesystem::path& path, bool may_take);
  // NotFound when there is none. The source stays readable after remove() until it is let go.
  virtual Result<std::shared_ptr<RangeSource>> open(std::string_view key) = 0;
  virtual Result<BlobInfo> stat(std::string_view key) = 0;
  // Ok when it was not there. Folders that became empty go too.
  virtual Status remove(std::string_view key) = 0;
  // What was removed beside `key` is gone for good, also after a power loss, when it returns ok.
  virtual Status settle(std::string_view key) = 0;
  // Every blob whose key begins with `prefix`, in no promised order; stops when `each` returns false.
  virtual Status list(std::string_view prefix, const std::function<bool(const BlobInfo&)>& each) = 0;
  // Removes the leftovers of writers that died (older than `age`); live writers of any process are not touched.
  virtual Result<std::uint64_t> sweep_unfinished(std::chrono::milliseconds age) = 0;
  // What such a sweep would remove now.
  virtual Result<std::vector<BlobInfo>> unfinished(std::chrono::milliseconds age) = 0;
  // Bytes that may still be written; UINT64_MAX when unknown.
  virtual Result<std::uint64_t> free_bytes() = 0;
};

// Ok when `key` follows the rule above; else InvalidArgument.
Status check_key(std::string_view key);

}  // namespace tessera::blob
