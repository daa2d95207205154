// SlideCheck: the rules of a VL Whole Slide Microscopy Image that need no pixels (PS3.3 A.32.8, C.8.12; wsi-dicom §1).
// A sink of the parser's tokens which keeps the few attributes that the rules ask for and looks at each frame's
// position as it goes by. Used by FileCheck only; one thread; positions are compared for doubles up to
// kComparedPositions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dicom/checks_rules.h"
#include "dicom/token.h"

namespace tessera::dicom {

inline constexpr std::string_view kSlideImage = "1.2.840.10008.5.1.4.1.1.77.1.6";
inline constexpr std::size_t kComparedPositions = std::size_t{1} << 20;

// What the header says: attributes of the top level, of the first level of sequences, and of the functional groups,
// each under its sequence (0: the top level). Of several items the first one that has it counts.
class SlideAttributes {
 public:
  struct Held {
    std::string bytes;  // up to 1 KiB of the value
    Vr vr = Vr::UN;
    std::uint32_t length = 0;
    std::uint64_t offset = 0;
    std::uint64_t items = 0;    // of a sequence
    std::uint64_t times = 0;    // how often it stands there: once in each item of the sequence around it
    std::uint64_t empties = 0;  // without a value
  };

  // The place for a first value, `times` counted; nullptr where there is no room.
  Held* hold(Tag sequence, Tag tag);
  void count_item(Tag sequence, Tag tag);
  const Held* find(Tag sequence, Tag tag) const;
  bool has(Tag sequence, Tag tag) const { return find(sequence, tag) != nullptr; }
  // Text without padding; "" where absent.
  std::string text(Tag sequence, Tag tag) const;
  std::vector<std::string> texts(Tag sequence, Tag tag) const;
  // Numbers of any numeric VR; empty where absent or no numbers.
  std::vector<double> numbers(Tag sequence, Tag tag) const;
  double number(Tag tag, double otherwise) const;
  std::optional<std::uint64_t> offset(Tag sequence, Tag tag) const;

 private:
  std::map<std::pair<Tag, Tag>, Held> held_;
};

class SlideCheck final : public TokenSink {
 public:
  // `findings` is borrowed; nothing is added before finish().
  explicit SlideCheck(Findings& findings) : findings_(findings) {}

  const SlideAttributes& attributes() const { return attributes_; }
  // NumberOfFrames, 1 where it is absent or no number.
  std::uint64_t frames() const;
  // Whether it is one, and so whether finish() should be asked.
  bool is_slide() const;
  void finish();

  Status on_value(const ElementHeader&, ByteView) override;
  Status on_large_value_begin(const ElementHeader&) override;
  Status on_large_value_chunk(const ElementHeader&, ByteView) override;
  Status on_sequence_begin(const ElementHeader&) override;
  Status on_item_begin() override;
  Status on_item_end() override;
  Status on_sequence_end() override;

 private:
  struct Position {
    std::int64_t column = 0, row = 0;
    bool has_column = false, has_row = false;
    std::string layer;  // depth and optical path
    std::uint64_t offset = 0;
  };

  Tag enclosing() const;
  // The place that the value belongs into; nullptr where none is kept.
  SlideAttributes::Held* note(const ElementHeader& header, ByteView value);
  void note_position(const ElementHeader& header, ByteView value);
  void end_frame();
  void check_doubles();

  Findings& findings_;
  Findings positions_;  // found on the way, told only of a slide
  SlideAttributes attributes_;
  std::vector<Tag> open_;                     // sequences
  SlideAttributes::Held* growing_ = nullptr;  // a large value's
  Position position_;
  std::uint64_t placed_ = 0, unplaced_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> seen_;  // hash of a position and the frame that has it
};

// The rules themselves (checks_slide_view.h), over what was gathered.
void check_slide_attributes(const SlideAttributes& attributes, std::uint64_t frames, Findings& findings);

}  // namespace tessera::dicom
