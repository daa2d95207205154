// Encapsulated pixel data: a flat list of items up to a delimiter (PS3.5 A.4). Items are never looked into,
// so bytes of a codestream that look like a delimiter mean nothing. Pixel data of an icon nests in its
// sequence and is told apart by the depth in the header of on_fragments_begin.
#include "dicom/parser_impl.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

constexpr std::size_t kItemUnit = 8;

}  // namespace

Status Parser::Impl::begin_fragments() {
  next_ordinal = 0;
  RETURN_IF_ERROR(check_room("element", element.tag, element.offset, kItemUnit));
  RETURN_IF_ERROR(sink.on_fragments_begin(element));
  expect(Step::Fragment, kItemUnit);
  return {};
}

Status Parser::Impl::on_fragment(ByteView unit) {
  const Tag tag = unit_tag(unit);
  const std::uint64_t at = offset - unit.size();
  if (tag == tags::kSequenceDelimitationItem) {
    return end_fragments();
  }
  if (tag != tags::kItem) {
    return corrupt(
        "tag", tag, at,
        "stands where a fragment is expected, in the " + describe_place("element", element.tag, element.offset));
  }
  RETURN_IF_ERROR(count_element(at));
  fragment = {next_ordinal++, unit_length(unit), at, offset};
  if (fragment.length == kUndefinedLength) {
    return corrupt("fragment", tag, at, "undefined length");
  }
  RETURN_IF_ERROR(check_room("fragment", tag, at, fragment.length));
  RETURN_IF_ERROR(sink.on_fragment_begin(fragment));
  if (fragment.length == 0) {
    return end_fragment();
  }
  step = Step::FragmentBytes;
  remaining = fragment.length;
  return {};
}

Status Parser::Impl::end_fragment() {
  RETURN_IF_ERROR(sink.on_fragment_end(fragment));
  RETURN_IF_ERROR(check_room("element", element.tag, element.offset, kItemUnit));
  expect(Step::Fragment, kItemUnit);
  return {};
}

Status Parser::Impl::end_fragments() {
  RETURN_IF_ERROR(sink.on_fragments_end(offset));
  return settle();
}

}  // namespace tessera::dicom
