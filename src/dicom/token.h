// Tokens: a DICOM file as a stream of small events, which the parser emits and which JSON, query keys and the frame
// index are made of. The same idea serves reading, skipping and copying, and nothing large is ever held.
//
//   file     := preamble "DICM" group-0002 elements, data set elements
//   element  := on_value                                       value of at most kHeldValue bytes, whole
//             | on_large_value_begin on_large_value_chunk* on_large_value_end
//             | on_sequence_begin (on_item_begin element* on_item_end)* on_sequence_end
//             | on_fragments_begin (on_fragment_begin on_fragment_chunk* on_fragment_end)* on_fragments_end
//
// Numbers of a value given whole are little endian whatever the file is; chunks, fragments and ranges are the bytes as
// they lie. Offsets count from the start of the file; in a deflated one, from the start of the file with its data set
// inflated, whose bytes pass by in on_inflated.
//
// Views handed to a sink are valid during the call only. A sink may refuse by returning a failed Status, which ends
// the parse with that status. Sinks run on the thread that feeds the parser.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "dicom/tag.h"
#include "dicom/vr.h"

namespace tessera::dicom {

inline constexpr std::uint32_t kUndefinedLength = 0xFFFFFFFF;
// Values up to this many bytes come whole; larger ones as chunks that nobody holds.
inline constexpr std::uint32_t kHeldValue = 64 * 1024;

struct ElementHeader {
  Tag tag;
  Vr vr = Vr::UN;                  // what the value means: a public value written as UN has the dictionary's VR here,
                                   // and a sequence is SQ whatever was written
  std::uint32_t length = 0;        // of the value; kUndefinedLength for some sequences and for fragments
  std::uint64_t offset = 0;        // of the tag, from the start of the file
  std::uint64_t value_offset = 0;  // of the first value byte
  std::uint32_t depth = 0;         // 0: top level, 1: in an item of a top-level sequence, …
  bool big_endian = false;         // the numbers of the value lie so in the file
};

struct FragmentHeader {
  std::uint32_t ordinal = 0;  // 0 is the Basic Offset Table, 1 the first fragment
  std::uint32_t length = 0;
  std::uint64_t offset = 0;        // of the item tag, from the start of the file
  std::uint64_t value_offset = 0;  // of the first byte of the fragment
};

class TokenSink {
 public:
  virtual ~TokenSink() = default;

  // The next bytes of a deflated data set, before the tokens made of them; `offset` is the first one's.
  virtual Status on_inflated(std::uint64_t offset, ByteView) {
    (void)offset;
    return {};
  }

  virtual Status on_value(const ElementHeader&, ByteView) { return {}; }
  virtual Status on_large_value_begin(const ElementHeader&) { return {}; }
  virtual Status on_large_value_chunk(const ElementHeader&, ByteView) { return {}; }
  virtual Status on_large_value_end(const ElementHeader&) { return {}; }

  virtual Status on_sequence_begin(const ElementHeader&) { return {}; }
  virtual Status on_item_begin() { return {}; }
  virtual Status on_item_end() { return {}; }
  virtual Status on_sequence_end() { return {}; }

  // Depth 0 is the image; pixel data of an icon has the depth of the item it is in.
  virtual Status on_fragments_begin(const ElementHeader&) { return {}; }
  virtual Status on_fragment_begin(const FragmentHeader&) { return {}; }
  virtual Status on_fragment_chunk(const FragmentHeader&, ByteView) { return {}; }
  virtual Status on_fragment_end(const FragmentHeader&) { return {}; }
  // `end_offset` is the first byte after the sequence delimiter.
  virtual Status on_fragments_end(std::uint64_t end_offset) {
    (void)end_offset;
    return {};
  }
};

// One stream of tokens for several sinks, in order. The sinks are borrowed and must outlive it.
class TokenTee final : public TokenSink {
 public:
  explicit TokenTee(std::vector<TokenSink*> sinks) : sinks_(std::move(sinks)) {}

  Status on_inflated(std::uint64_t offset, ByteView) override;
  Status on_value(const ElementHeader&, ByteView) override;
  Status on_large_value_begin(const ElementHeader&) override;
  Status on_large_value_chunk(const ElementHeader&, ByteView) override;
  Status on_large_value_end(const ElementHeader&) override;
  Status on_sequence_begin(const ElementHeader&) override;
  Status on_item_begin() override;
  Status on_item_end() override;
  Status on_sequence_end() override;
  Status on_fragments_begin(const ElementHeader&) override;
  Status on_fragment_begin(const FragmentHeader&) override;
  Status on_fragment_chunk(const FragmentHeader&, ByteView) override;
  Status on_fragment_end(const FragmentHeader&) override;
  Status on_fragments_end(std::uint64_t end_offset) override;

 private:
  std::vector<TokenSink*> sinks_;
};

}  // namespace tessera::dicom
