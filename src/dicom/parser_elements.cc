// Elements, sequences and items (PS3.5 7.1, 7.5).
#include <algorithm>
#include <array>
#include <utility>

#include "dicom/byte_order.h"
#include "dicom/dictionary.h"
#include "dicom/parser_impl.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

constexpr std::size_t kItemUnit = 8;
constexpr std::uint16_t kCommandGroup = 0x0000;  // of messages, never of files; zero bytes after the end look like it
constexpr std::uint16_t kMetaGroup = 0x0002;
constexpr std::uint16_t kDelimiterGroup = 0xFFFE;

std::string shown_vr(ByteView two) {
  constexpr char kHex[] = "0123456789ABCDEF";
  return {'0', 'x', kHex[two[0] >> 4], kHex[two[0] & 15], kHex[two[1] >> 4], kHex[two[1] & 15]};
}

// Attributes that PS3.6 has as "US or SS": signed where pixels are (PixelRepresentation).
constexpr std::array<std::uint32_t, 22> kSignedAsPixels = {
    0x00189810, 0x00221452, 0x00280071, 0x00280104, 0x00280105, 0x00280106, 0x00280107, 0x00280108,
    0x00280109, 0x00280110, 0x00280111, 0x00280120, 0x00280121, 0x00281100, 0x00281101, 0x00281102,
    0x00281103, 0x00283002, 0x00409211, 0x00409216, 0x00603004, 0x00603006,
};

bool is_capital(std::uint8_t c) {
  return c >= 'A' && c <= 'Z';
}

// Whether the first bytes of an element hold what can be a VR.
bool is_named_vr(ByteView unit) {
  return is_capital(unit[4]) && is_capital(unit[5]);
}

}  // namespace

Status Parser::Impl::on_element(ByteView unit) {
  element = {};
  element.tag = unit_tag(unit);
  element.offset = offset - unit.size();
  element.value_offset = offset;
  element.depth = nesting.item_depth();
  if (in_meta && !(element.tag.group() == kMetaGroup && is_named_vr(unit))) {
    RETURN_IF_ERROR(end_meta(unit));
    if (inflation) {
      return {};
    }
    element.tag = unit_tag(unit);
  }
  if (element.tag.group() == kDelimiterGroup) {
    return on_delimiter_in_item();
  }
  if (element.tag.group() == kCommandGroup) {
    if (nesting.empty() && std::all_of(unit.begin(), unit.end(), [](std::uint8_t byte) { return byte == 0; })) {
      step = Step::Padding;
      return {};
    }
    return corrupt("tag", element.tag, element.offset, "stands where an element is expected");
  }
  if (!in_meta) {
    settle_encoding(unit);
  }
  element.big_endian = encoding().big_endian;
  if (encoding().explicit_vr) {
    return on_explicit_element(unit);
  }
  element.vr = implicit_vr(element.tag);
  if (signed_pixels && std::binary_search(kSignedAsPixels.begin(), kSignedAsPixels.end(), element.tag.value)) {
    element.vr = Vr::SS;
  }
  element.length = unit_length(unit);
  return begin_element();
}

// A data set or item whose first element is plainly written in the other way is read in that: no VR where one must
// be, or the very VR of the dictionary where a length must be, which would be 16 KiB at least and say so by chance.
void Parser::Impl::settle_encoding(ByteView unit) {
  bool& begun = nesting.empty() ? data_set_begun : nesting.top().begun;
  if (std::exchange(begun, true)) {
    return;
  }
  Encoding& current = nesting.empty() ? top_level : nesting.top().encoding;
  if (current.explicit_vr) {
    current.explicit_vr = is_named_vr(unit);
  } else {
    const auto vr = parse_vr(static_cast<char>(unit[4]), static_cast<char>(unit[5]));
    current.explicit_vr = vr && *vr == implicit_vr(element.tag) && *vr != Vr::UN;
  }
}

Status Parser::Impl::on_explicit_element(ByteView unit) {
  const ByteView name = unit.subspan(4, 2);
  const auto vr = parse_vr(static_cast<char>(name[0]), static_cast<char>(name[1]));
  // Two capitals that this table lacks are a VR of a later standard: UN's length, UN's meaning
  // (PS3.5 6.2.2, 7.1.2).
  if (!vr && !is_named_vr(unit)) {
    return corrupt("element", element.tag, element.offset, "bytes " + shown_vr(name) + " are no VR");
  }
  element.vr = vr.value_or(Vr::UN);
  if (!vr_row(element.vr).long_length) {
    element.length = load16(unit.data() + 6);
    return begin_element();
  }
  RETURN_IF_ERROR(check_room("element", element.tag, element.offset, 4));
  expect(Step::LongLength, 4);
  return {};
}

Status Parser::Impl::on_delimiter_in_item() {
  const std::uint64_t at = element.offset;
  if (element.tag != tags::kItemDelimitationItem) {
    return corrupt("tag", element.tag, at, "stands where an element is expected");
  }
  if (!nesting.in_item() || nesting.top().has_length) {
    return corrupt("item delimiter", element.tag, at, "no item of undefined length is open here");
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
  if (element.vr == Vr::UN) {
    // A writer that did not know a tag says UN. The value is what implicit VR would hold, so the dictionary's VR tells
    // what it means; and what was not known could not be turned around (PS3.5 6.2.2).
    element.vr = implicit_vr(element.tag);
    element.big_endian = false;
    if (element.vr == Vr::SQ && element.length > 0) {
      return begin_unknown_sequence();
    }
  }
  if (element.vr == Vr::SQ) {
    return encoding().explicit_vr || element.length == 0 ? begin_sequence(encoding()) : expect_first_item(encoding());
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
    return begin_sequence(encoding());
  }
  if (element.vr == Vr::UN) {
    element.vr = Vr::SQ;  // a sequence written by somebody who did not know it: implicit VR inside (PS3.5 6.2.2)
    return begin_sequence({.explicit_vr = false, .big_endian = false});
  }
  return corrupt("element", element.tag, element.offset,
                 "VR " + std::string(vr_name(element.vr)) + " cannot have undefined length");
}

Status Parser::Impl::begin_sequence(Encoding inside) {
  if (nesting.sequence_depth() >= limits.depth) {
    return Status(Code::TooLarge, describe_place("sequence", element.tag, element.offset) +
                                      ": nested deeper than the " + std::to_string(limits.depth) + " levels allowed");
  }
  nesting.open_sequence(element.tag, element.offset, inside);
  if (element.length != kUndefinedLength) {
    nesting.set_end(offset + element.length);
  }
  RETURN_IF_ERROR(sink.on_sequence_begin(element));
  return settle();
}

Status Parser::Impl::on_value(ByteView value) {
  ByteBuffer whole;
  if (!value_start.empty()) {
    whole = std::exchange(value_start, {});
    whole.insert(whole.end(), value.begin(), value.end());
    value = whole;
  }
  if (in_meta) {
    note_meta_value(value);
  }
  if (element.tag == tags::kPixelRepresentation && element.depth == 0 && !value.empty()) {
    signed_pixels = value[element.big_endian ? value.size() - 1 : 0] == 1;
  }
  const std::size_t unit = swap_unit(element.vr);
  if (element.big_endian && unit > 1) {
    swapped.assign(value.begin(), value.end());
    swap_units(swapped, unit);
    value = swapped;
  }
  RETURN_IF_ERROR(sink.on_value(element, value));
  return settle();
}

Status Parser::Impl::expect_first_item(Encoding inside) {
  first_item_encoding = inside;
  expect(Step::FirstItem, std::min<std::size_t>(kItemUnit, element.length));
  return {};
}

// Under implicit VR the dictionary alone says that a value is a sequence; trial standards used tags otherwise, and
// then the value is nobody's.
Status Parser::Impl::on_first_item(ByteView unit) {
  const auto begins_with = [&](Tag tag) {
    return unit.size() == kItemUnit && tag_at(unit.data(), first_item_encoding.big_endian) == tag;
  };
  if (begins_with(tags::kItem) || begins_with(tags::kSequenceDelimitationItem)) {
    offset -= unit.size();
    RETURN_IF_ERROR(begin_sequence(first_item_encoding));
    offset += unit.size();
    return on_item(unit);
  }
  element.vr = Vr::UN;
  remaining = element.length - unit.size();
  if (element.length > kHeldValue) {
    step = Step::ValueBytes;
    RETURN_IF_ERROR(sink.on_large_value_begin(element));
    return sink.on_large_value_chunk(element, unit);
  }
  value_start.assign(unit.begin(), unit.end());
  if (remaining == 0) {
    return on_value({});
  }
  expect(Step::Value, static_cast<std::size_t>(remaining));
  return {};
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
