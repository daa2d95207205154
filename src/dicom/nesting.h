// Nesting: the sequences and items open at one place of a data set, and how far the innermost defined length
// reaches. Used by the parser only; a stack in the heap, so that depth costs no recursion. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dicom/tag.h"

namespace tessera::dicom {

inline constexpr std::uint64_t kNoLimit = UINT64_MAX;

// How elements are written: it may change at a sequence (PS3.5 6.2.2), and at items of writers that mix them.
struct Encoding {
  bool explicit_vr = true;
  bool big_endian = false;
};

struct Level {
  enum class Kind : std::uint8_t { Sequence, Item };
  Kind kind = Kind::Sequence;
  Encoding encoding;               // of the elements inside
  bool begun = false;              // an item that had an element: its encoding is settled
  bool has_length = false;         // false: a delimiter ends it
  Tag tag;                         // of the sequence; kItem for items
  std::uint64_t offset = 0;        // of the tag
  std::uint64_t limit = kNoLimit;  // its end when it has a length, else that of what it is in
};

class Nesting {
 public:
  void open_sequence(Tag tag, std::uint64_t offset, Encoding encoding);
  void open_item(std::uint64_t offset);
  // The level just opened ends at `end`, which must not be beyond limit().
  void set_end(std::uint64_t end);
  void close() { levels_.pop_back(); }

  bool empty() const { return levels_.empty(); }
  const Level& top() const { return levels_.back(); }
  Level& top() { return levels_.back(); }
  bool in_sequence() const { return !empty() && top().kind == Level::Kind::Sequence; }
  bool in_item() const { return !empty() && top().kind == Level::Kind::Item; }
  // The level on top has a length and `offset` is where it ends.
  bool ends_at(std::uint64_t offset) const { return !empty() && top().has_length && top().limit == offset; }
  std::uint64_t limit() const { return empty() ? kNoLimit : top().limit; }
  // Open items: the depth of an element that stands here.
  std::uint32_t item_depth() const { return static_cast<std::uint32_t>(levels_.size() / 2); }
  // Open sequences.
  std::uint32_t sequence_depth() const { return static_cast<std::uint32_t>((levels_.size() + 1) / 2); }

  // "item (FFFE,E000) at byte 412", for the top and for whatever set the limit.
  std::string describe_top() const;
  std::string describe_limit() const;

 private:
  std::vector<Level> levels_;  // sequence, item, sequence, item …
};

// "sequence (0040,0560) at byte 412"
std::string describe_place(std::string_view what, Tag tag, std::uint64_t offset);

}  // namespace tessera::dicom
