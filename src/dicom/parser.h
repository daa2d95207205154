// Parser: a DICOM Part 10 file pushed in as it arrives, in pieces of any size, emitted as tokens (token.h).
//
// Used by ingest (bytes from a socket), by check and by the fuzz target. Memory is bounded by ParserLimits and never
// depends on the object's size: values above kHeldValue pass through as chunks, and the parse goes on past PixelData to
// the end of the file. Group 0002 is always explicit little endian; the data set follows TransferSyntaxUID: implicit or
// explicit, big endian, deflated (inflated on the way, within limits), or a syntax this program does not know, which is
// explicit little endian as every one since the first three is (PS3.5 A.4).
// Taken as they are, because writers do so and nothing becomes ambiguous: odd lengths, a wrong or missing group 0002
// length, repeated or unsorted tags, VRs of later standards (long length, UN), UN for attributes of the dictionary
// (which tells their VR; a sequence only if the bytes bear it out), data sets and items whose first element is plainly
// of the other VR encoding, delimiters with a length, zero bytes behind the end. A Parser is one thread's at a time.
// Errors are Corrupt (or Unsupported, TooLarge) and name tag and byte: "element (0028,0010) at byte 412: …"; after an
// error every further call returns the same error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "dicom/token.h"

namespace tessera::dicom {

struct ParserLimits {
  std::uint32_t depth = 64;                     // nested sequences; real files stay below 10
  std::uint64_t elements = 400'000'000;         // in the whole file; per-frame groups of a sparse slide have millions
  std::uint32_t file_meta_bytes = 1024 * 1024;  // group 0002
  // A deflated data set: its size, and how many bytes one may become once the free ones came out. Blank images and
  // masks reach some 400 in earnest; deflate itself cannot go beyond 1032.
  std::uint64_t inflated_bytes = 4ull * 1024 * 1024 * 1024;
  std::uint32_t inflated_ratio = 500;
  std::uint64_t inflated_free = 64ull * 1024 * 1024;
};

class Parser {
 public:
  // `sink` is borrowed.
  explicit Parser(TokenSink& sink, ParserLimits limits = {});
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  Status feed(ByteView bytes);
  // The file ends here: Corrupt when an element, item or sequence is still open, naming it.
  Status finish();

  // Known once group 0002 was read; empty before.
  const std::string& transfer_syntax() const;
  std::uint64_t bytes_seen() const;  // of a deflated file: in the numbering of the tokens

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::dicom
