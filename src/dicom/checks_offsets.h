// OffsetCheck: the Basic and Extended Offset Tables and NumberOfFrames against the items that are there (PS3.5 A.4,
// PS3.3 C.7.6.3.1.8). A sink of the parser's tokens; used by FileCheck only; one thread.
//
// Items pass once, after the tables, so the tables are held: up to kComparedFrames entries of each (16 MB); the rest of
// a longer table is not compared.
#pragma once

#include <cstdint>
#include <vector>

#include "dicom/checks_rules.h"
#include "dicom/token.h"

namespace tessera::dicom {

inline constexpr std::uint64_t kComparedFrames = std::uint64_t{1} << 20;

class OffsetCheck final : public TokenSink {
 public:
  // `findings` is borrowed.
  explicit OffsetCheck(Findings& findings) : findings_(findings) {}

  // `frames`: NumberOfFrames, 1 where it is absent; `is_slide`: one fragment a frame is wanted.
  void finish(std::uint64_t frames, bool is_slide);

  bool has_pixels() const { return has_pixels_; }
  bool encapsulated() const { return encapsulated_; }

  Status on_value(const ElementHeader&, ByteView) override;
  Status on_large_value_begin(const ElementHeader&) override;
  Status on_large_value_chunk(const ElementHeader&, ByteView) override;
  Status on_fragments_begin(const ElementHeader&) override;
  Status on_fragment_begin(const FragmentHeader&) override;
  Status on_fragment_chunk(const FragmentHeader&, ByteView) override;
  Status on_fragments_end(std::uint64_t end_offset) override;

 private:
  // One table: its bytes, and how far the items have come along it.
  struct Table {
    explicit Table(std::uint8_t entry_bytes = 8) : width(entry_bytes) {}

    std::uint8_t width;         // bytes of an entry
    std::uint64_t bytes = 0;    // in the file
    std::uint64_t offset = 0;   // of its element or item
    ByteBuffer held;            // the first of them
    std::uint64_t matched = 0;  // entries that items have met or passed
    std::uint64_t entries() const { return bytes / width; }
    std::uint64_t compared() const { return held.size() / width; }
    std::uint64_t at(std::uint64_t index) const;
    void hold(ByteView part);
  };

  void collect(Tag tag, ByteView part, std::uint64_t offset);
  // The item at `place` (from the first item) has come; returns whether the table's next entry is it.
  bool meet(Table& table, Rule rule, std::uint64_t place, std::uint64_t offset);
  void check_rest(Table& table, Rule rule, Tag tag, std::uint64_t frames);
  void check_length(std::uint64_t index, const FragmentHeader& fragment);

  Findings& findings_;
  bool has_pixels_ = false, encapsulated_ = false, in_image_ = false, whole_ = false;
  Table basic_ = Table(4), extended_, lengths_;
  std::uint64_t first_item_ = 0;
  std::uint64_t fragments_ = 0;
  std::uint64_t too_long_by_header_ = 0, wrong_lengths_ = 0;
};

}  // namespace tessera::dicom
