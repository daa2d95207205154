// The parser's state, shared by its files: parser.cc (feeding, ending), parser_meta.cc (preamble and group
// 0002), parser_elements.cc (elements, sequences, items), parser_fragments.cc (encapsulated pixel data).
//
// A step says what the next bytes are. Steps with a unit size wait until the unit is there (Intake); Bytes
// steps pass through whatever comes. After every finished element, item or sequence settle() decides the next
// step.
#pragma once

#include <string>

#include "dicom/intake.h"
#include "dicom/nesting.h"
#include "dicom/parser.h"

namespace tessera::dicom {

struct Parser::Impl {
  enum class Step : std::uint8_t {
    Preamble,       // 128 bytes and "DICM"
    Element,        // the 8 bytes every element header begins with
    LongLength,     // the 4 more of an explicit VR with a 32-bit length
    Value,          // a held value, whole
    ValueBytes,     // a large value, passing through
    Item,           // 8 bytes: an item or the delimiter of the sequence
    Fragment,       // 8 bytes: an item of fragments or their delimiter
    FragmentBytes,  // a fragment, passing through
  };

  Impl(TokenSink& token_sink, ParserLimits parser_limits) : sink(token_sink), limits(parser_limits) {}

  // parser.cc
  Status advance(ByteView& chunk);
  Status on_unit(ByteView unit);
  Status settle();
  Status finish() const;
  void expect(Step next, std::size_t size);
  Status pass_through(ByteView& chunk);
  Status check_room(std::string_view what, Tag tag, std::uint64_t offset, std::uint64_t length) const;
  Status count_element(std::uint64_t offset);
  std::string describe_step() const;
  std::string describe_shortage() const;

  // parser_meta.cc
  Status on_preamble(ByteView unit);
  Status check_meta_element() const;
  void note_meta_value(ByteView value);
  Status end_meta();

  // parser_elements.cc
  Status on_element(ByteView unit);
  Status on_explicit_element(ByteView unit);
  Status on_delimiter_in_item(ByteView unit);
  Status begin_element();
  Status begin_undefined_length();
  Status begin_sequence(bool explicit_inside);
  Status on_value(ByteView value);
  Status on_item(ByteView unit);
  Status begin_item(std::uint64_t offset, std::uint32_t length);
  Status end_sequence();

  // parser_fragments.cc
  Status begin_fragments();
  Status on_fragment(ByteView unit);
  Status end_fragments(std::uint32_t length);
  Status end_fragment();

  TokenSink& sink;
  const ParserLimits limits;
  Status status;  // the first failure; every later call returns it
  Intake intake;
  Nesting nesting;
  Step step = Step::Preamble;
  std::size_t unit_size = 132;
  std::uint64_t offset = 0;     // of the unit or byte expected next
  std::uint64_t remaining = 0;  // of what passes through
  std::uint64_t elements = 0;
  bool in_meta = true;
  bool explicit_vr = true;  // of the data set's top level
  std::string syntax;
  std::uint64_t transfer_syntax_offset = 0;  // of its element
  ElementHeader element;                     // the current one; while fragments are read, the one that holds them
  FragmentHeader fragment;                   // the current one
  std::uint32_t next_ordinal = 0;
};

// "element (0028,0010) at byte 412: " + why
inline Status corrupt(std::string_view what, Tag tag, std::uint64_t offset, std::string_view why) {
  return Status(Code::Corrupt, describe_place(what, tag, offset) + ": " + std::string(why));
}

// Tag and 32-bit length of the 8 bytes that begin items and implicit elements.
inline Tag unit_tag(ByteView unit) {
  return Tag(load_le16(unit.data()), load_le16(unit.data() + 2));
}
inline std::uint32_t unit_length(ByteView unit) {
  return load_le32(unit.data() + 4);
}

}  // namespace tessera::dicom
