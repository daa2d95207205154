// Rope: the one data structure. What we serve is an ordered list of pieces; bytes are moved only when they
// are sent.
//
// A piece is inline bytes or a range of a RangeSource. A stored instance is one piece, a frame is one range
// (plus an inline prefix where JPEG tables must stand before a vendor tile), multipart is inline boundaries
// between ropes. Derived content (bytes that a room above computes, of known length) is a RangeSource like
// any other. The HTTP layer sends ranges with a plain descriptor by sendfile and everything else by reading.
//
// Ropes share their sources (shared_ptr: a source lives until the last response that uses it was sent) and
// are cheap to copy. A Rope is a value: not for two threads at once. A RangeSource is safe from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera {

// Called exactly once, perhaps before read() returns, perhaps on another thread: the bytes read, or why none
// were.
using ReadDone = std::function<void(Result<std::size_t>)>;

// Immutable bytes that can be read at any place: a blob of a store, or something computed from one.
class RangeSource {
 public:
  virtual ~RangeSource() = default;

  virtual std::uint64_t size() const = 0;

  // A descriptor whose byte i is this source's byte i, valid while the source lives; -1 where there is none.
  virtual int plain_descriptor() const { return -1; }

  // Fills `into` from `offset`. The range must lie within size(); fewer bytes than asked is an error, never
  // an answer. `into` belongs to the caller and must live until `done` was called.
  virtual void read(std::uint64_t offset, MutableBytes into, ReadDone done) = 0;
};

// read() for callers that may block (never on an I/O loop): waits until `into` is full.
Status read_fully(RangeSource& source, std::uint64_t offset, MutableBytes into);

// Bytes in memory as a source (tests, small derived objects).
std::shared_ptr<RangeSource> memory_source(std::string bytes);

// What a body of unknown length is pulled from: ZIP, transcodes, inflated JSON.
class Stream {
 public:
  virtual ~Stream() = default;
  // Fills at most into.size() bytes and reports how many; 0 means the end. One pull at a time.
  virtual void pull(MutableBytes into, ReadDone done) = 0;
};

struct Inline {
  std::string bytes;
};
struct SourceRange {
  std::shared_ptr<RangeSource> source;
  ByteRange range;
};
using Piece = std::variant<Inline, SourceRange>;

class Rope {
 public:
  Rope() = default;

  void append(std::string bytes);
  void append(std::shared_ptr<RangeSource> source, ByteRange range);  // range within source->size()
  void append(Rope other);

  std::uint64_t size() const { return size_; }
  const std::vector<Piece>& pieces() const { return pieces_; }

  // The bytes [range.offset, range.end()) of this rope; the range must lie within size(). HTTP Range uses it.
  Rope slice(ByteRange range) const;

 private:
  std::vector<Piece> pieces_;
  std::uint64_t size_ = 0;
};

// All bytes of a small rope (blocking; tests and header-sized objects only).
Result<std::string> flatten(const Rope& rope);

}  // namespace tessera
