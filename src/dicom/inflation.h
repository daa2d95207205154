// Inflation: a deflated data set (PS3.5 A.5) undone as a stream. Used by the parser only; one thread.
//
// Bytes leave in pieces of 64 KiB that do not depend on how the input was cut. A stream in zlib's wrapper, which some
// writers put around it, is read too; padding behind the stream is passed over. Two limits stop what would never end:
// the size of what comes out, and its ratio to what went in (deflate can say 1032 bytes with one).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::dicom {

class Inflation {
 public:
  struct Limits {
    std::uint64_t bytes;     // that may come out
    std::uint32_t ratio;     // bytes out for each byte in …
    std::uint64_t free_out;  // … once more than this came out
  };
  using Emit = std::function<Status(ByteView)>;

  Inflation(Limits limits, Emit emit);
  ~Inflation();

  // The first call has at least two bytes. Errors: Corrupt, TooLarge, or what `emit` said.
  Status feed(ByteView deflated);
  // The file ends here: emits what is left; Corrupt when the stream goes on.
  Status finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::dicom
