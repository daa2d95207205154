// The parser's state, shared by its files: parser.cc (feeding, ending), parser_meta.cc (preamble and group 0002),
// parser_elements.cc (elements, sequences, items), parser_unknown.cc (sequences written as UN), parser_fragments.cc
// (encapsulated pixel data).
//
// A step says what the next bytes are. Steps with a unit size wait until the unit is there (Intake); Bytes
// steps pass through whatever comes. After every finished element, item or sequence settle() decides the next
// step.
#pragma once

#include <string>

#include "dicom/inflation.h"
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
    FirstItem,      // the 8 bytes that tell whether what the dictionary calls a sequence is one
    Unknown,        // a UN value, whole, that the dictionary calls a sequence
    Item,           // 8 bytes: an item or the delimiter of the sequence
    Fragment,       // 8 bytes: an item of fragments or their delimiter
    FragmentBytes,  // a fragment, passing through
    Padding,        // zero bytes behind the data set, to the end of the file
  };

  Impl(TokenSink& token_sink, ParserLimits parser_limits) : sink(token_sink), limits(parser_limits) {}

  // parser.cc
  Status feed(ByteView chunk);
  Status advance(ByteView& chunk);
  Status on_unit(ByteView unit);
  Status settle();
  Status finish();
  Status check_end() const;
  Status skip_padding(ByteView& chunk);
  void expect(Step next, std::size_t size);
  Status pass_through(ByteView& chunk);
  Status check_room(std::string_view what, Tag tag, std::uint64_t offset, std::uint64_t length) const;
  Status count_element(std::uint64_t offset);
  // Numbers of headers, in the byte order that holds here: tag and 32-bit length of the 8 bytes that begin items and
  // implicit elements, and any length.
  const Encoding& encoding() const { return nesting.empty() ? top_level : nesting.top().encoding; }
  std::uint16_t load16(const std::uint8_t* at) const { return encoding().big_endian ? load_be16(at) : load_le16(at); }
  std::uint32_t load32(const std::uint8_t* at) const { return encoding().big_endian ? load_be32(at) : load_le32(at); }
  static Tag tag_at(const std::uint8_t* at, bool big_endian) {
    return big_endian ? Tag(load_be16(at), load_be16(at + 2)) : Tag(load_le16(at), load_le16(at + 2));
  }
  Tag unit_tag(ByteView unit) const { return tag_at(unit.data(), encoding().big_endian); }
  std::uint32_t unit_length(ByteView unit) const { return load32(unit.data() + 4); }
  std::string describe_step() const;
  std::string describe_shortage() const;

  // parser_meta.cc
  Status on_preamble(ByteView unit);
  Status check_meta_element() const;
  void note_meta_value(ByteView value);
  Status end_meta(ByteView unit);
  Status begin_inflating(ByteView unit);

  // parser_elements.cc
  Status on_element(ByteView unit);
  void settle_encoding(ByteView unit);
  Status on_explicit_element(ByteView unit);
  Status on_delimiter_in_item();
  Status begin_element();
  Status begin_undefined_length();
  Status begin_sequence(Encoding inside);
  Status on_value(ByteView value);
  Status expect_first_item(Encoding inside);
  Status on_first_item(ByteView unit);
  Status on_item(ByteView unit);
  Status begin_item(std::uint64_t offset, std::uint32_t length);
  Status end_sequence();

  // parser_unknown.cc
  Status begin_unknown_sequence();
  Status on_unknown(ByteView value);
  bool reads_as_sequence(ByteView value) const;

  // parser_fragments.cc
  Status begin_fragments();
  Status on_fragment(ByteView unit);
  Status end_fragments();
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
  Encoding top_level;  // of group 0002, then of the data set
  bool data_set_begun = false;
  bool signed_pixels = false;            // PixelRepresentation of the top level
  std::unique_ptr<Inflation> inflation;  // of a deflated data set, once it began
  ByteBuffer swapped;                    // a big-endian value turned around
  bool tried = false;                    // inside a UN value that is being read on trial, or was
  Encoding first_item_encoding;          // of the sequence that FirstItem is about
  ByteBuffer value_start;                // the first bytes of a value that turned out to be no sequence
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

}  // namespace tessera::dicom
