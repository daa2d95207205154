// Elements, sequences and items (PS3.5 7.1, 7.5).
#include "dicom/dictionary.h"
#include "dicom/parser_impl.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

constexpr std::uint16_t kCommandGroup = 0x0000;  // of messages, never of files; zero bytes after the end look like it
constexpr std::uint16_t kMetaGroup = 0x0002;
constexpr std::uint16_t kDelimiterGroup = 0xFFFE;

std::string shown_vr(ByteView two) {
  constexpr char kHex[] = "0123456789ABCDEF";
  return {'0', 'x', kHex[two[0] >> 4], kHex[two[0] & 15], kHex[two[1] >> 4], kHex[two[1] & 15]};
}

// A writer that did not know a tag says UN. The value is what implicit VR would hold, so the dictionary's VR
// tells what it means (PS3.5 6.2.2). Sequences of defined length stay opaque: some writers put explicit VR
// into them.
Vr known_vr(Tag tag) {
  const Vr vr = implicit_vr(tag);
  return vr == Vr::SQ ? Vr::UN : vr;
}

bool is_capital(std::uint8_t c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

Status Parser::Impl::on_element(ByteView unit) {
  element = {};
  element.tag = unit_tag(unit);
  element.offset = offset - unit.size();
  element.value_offset = offset;
  element.depth = nesting.item_depth();
  if (in_meta && element.tag.group() != kMetaGroup) {
    RETURN_IF_ERROR(end_meta());
  }
  if (element.tag.group() == kDelimiterGroup) {
    return on_delimiter_in_item(unit);
  }
  if (element.tag.group() == kCommandGroup) {
    return corrupt("tag", element.tag, element.offset, "stands where an element is expected");
  }
  if (nesting.empty() ? explicit_vr : nesting.top().explicit_vr) {
    return on_explicit_element(unit);
  }
  element.vr = implicit_vr(element.tag);
  element.length = unit_length(unit);
  return begin_element();
}

Status Parser::Impl::on_explicit_element(ByteView unit) {
  const ByteView name = unit.subspan(4, 2);
  const auto vr = parse_vr(static_cast<char>(name[0]), static_cast<char>(name[1]));
  // Two capitals that this table lacks are a VR of a later standard: UN's length, UN's meaning
  // (PS3.5 6.2.2, 7.1.2).
  if (!vr && !(is_capital(name[0]) && is_capital(name[1]))) {
    return corrupt("element", element.tag, element.offset, "bytes " + shown_vr(name) + " are no VR");
  }
  element.vr = vr.value_or(Vr::UN);
  if (!vr_row(element.vr).long_length) {
    element.length = load_le16(unit.data() + 6);
    return begin_element();
  }
  RETURN_IF_ERROR(check_room("element", element.tag, element.offset, 4));
  expect(Step::LongLength, 4);
  return {};
}

Status Parser::Impl::on_delimiter_in_item(ByteView unit) {
  const std::uint64_t at = element.offset;
  if (element.tag != tags::kItemDelimitationItem) {
    return corrupt("tag", element.tag, at, "stands where an element is expected");
  }
  if (!nesting.in_item() || nesting.top().has_length) {
    return corrupt("item delimiter", element.tag, at, "no item of undefined length is open here");
  }
  if (unit_length(unit) != 0) {
    return corrupt("item delimiter", element.tag, at, "length " + std::to_string(unit_length(unit)) + ", not 0");
  }
  nesting.close();
  RETURN_IF_ERROR(sink.on_item_end());
  return settle();
}

// The header of `element` is complete and `offset` is at its value.
Status Parser::Impl::begin_element() {
  RETURN_IF_ERROR(count_element(element.offset));
  if (in_meta) {
    RETURN_IF_ERROR(check_meta_element());
  }
  if (element.length == kUndefinedLength) {
    return begin_undefined_length();
  }
  RETURN_IF_ERROR(check_room("element", element.tag, element.offset, element.length));
  if (element.vr == Vr::SQ) {
    return begin_sequence(nesting.empty() ? explicit_vr : nesting.top().explicit_vr);
  }
  if (element.vr == Vr::UN) {
    element.vr = known_vr(element.tag);
  }
  if (element.length == 0) {
    return on_value({});
  }
  if (element.length <= kHeldValue) {
    expect(Step::Value, element.length);
    return {};
  }
  step = Step::ValueBytes;
  remaining = element.length;
  return sink.on_large_value_begin(element);
}

Status Parser::Impl::begin_undefined_length() {
  if (element.tag == tags::kPixelData || element.vr == Vr::OB || element.vr == Vr::OW) {
    return begin_fragments();
  }
  if (element.vr == Vr::SQ) {
    return begin_sequence(nesting.empty() ? explicit_vr : nesting.top().explicit_vr);
  }
  if (element.vr == Vr::UN) {
    element.vr = Vr::SQ;  // a sequence written by somebody who did not know it: implicit VR inside (PS3.5 6.2.2)
    return begin_sequence(false);
  }
  return corrupt("element", element.tag, element.offset,
                 "VR " + std::string(vr_name(element.vr)) + " cannot have undefined length");
}

Status Parser::Impl::begin_sequence(bool explicit_inside) {
  if (nesting.sequence_depth() >= limits.depth) {
    return Status(Code::TooLarge, describe_place("sequence", element.tag, element.offset) +
                                      ": nested deeper than the " + std::to_string(limits.depth) + " levels allowed");
  }
  nesting.open_sequence(element.tag, element.offset, explicit_inside);
  if (element.length != kUndefinedLength) {
    nesting.set_end(offset + element.length);
  }
  RETURN_IF_ERROR(sink.on_sequence_begin(element));
  return settle();
}

Status Parser::Impl::on_value(ByteView value) {
  if (in_meta) {
    note_meta_value(value);
  }
  RETURN_IF_ERROR(sink.on_value(element, value));
  return settle();
}

Status Parser::Impl::on_item(ByteView unit) {
  const Tag tag = unit_tag(unit);
  const std::uint64_t at = offset - unit.size();
  if (tag == tags::kItem) {
    return begin_item(at, unit_length(unit));
  }
  if (tag != tags::kSequenceDelimitationItem) {
    return corrupt("tag", tag, at, "stands where an item is expected, in the " + nesting.describe_top());
  }
  if (nesting.top().has_length) {
    return corrupt("sequence delimiter", tag, at, "the " + nesting.describe_top() + " has a defined length");
  }
  if (unit_length(unit) != 0) {
    return corrupt("sequence delimiter", tag, at, "length " + std::to_string(unit_length(unit)) + ", not 0");
  }
  return end_sequence();
}

Status Parser::Impl::begin_item(std::uint64_t at, std::uint32_t length) {
  RETURN_IF_ERROR(count_element(at));
  if (length != kUndefinedLength) {
    RETURN_IF_ERROR(check_room("item", tags::kItem, at, length));
  }
  nesting.open_item(at);
  if (length != kUndefinedLength) {
    nesting.set_end(offset + length);
  }
  RETURN_IF_ERROR(sink.on_item_begin());
  return settle();
}

Status Parser::Impl::end_sequence() {
  nesting.close();
  RETURN_IF_ERROR(sink.on_sequence_end());
  return settle();
}

}  // namespace tessera::dicom
