// The parser's beginning: preamble and group 0002, which is always explicit little endian (PS3.10 7.1).
#include "dicom/ids.h"
#include "dicom/parser_impl.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace tessera::dicom {
namespace {

constexpr std::size_t kPreambleBytes = 128;
constexpr std::uint64_t kMetaOffset = kPreambleBytes + 4;

}  // namespace

Status Parser::Impl::on_preamble(ByteView unit) {
  if (as_text(unit.subspan(kPreambleBytes)) != "DICM") {
    return Status(Code::Corrupt, "not a DICOM Part 10 file: no \"DICM\" at byte 128");
  }
  return settle();
}

// Group length is not consulted: where it is missing or wrong, the first tag of another group still ends the
// group.
Status Parser::Impl::check_meta_element() const {
  if (element.length == kUndefinedLength || element.vr == Vr::SQ) {
    return corrupt("element", element.tag, element.offset, "file meta information holds no sequences");
  }
  const std::uint64_t end = offset + element.length - kMetaOffset;
  if (end > limits.file_meta_bytes) {
    return Status(Code::TooLarge, describe_place("element", element.tag, element.offset) +
                                      ": file meta information would exceed " + std::to_string(limits.file_meta_bytes) +
                                      " bytes");
  }
  return {};
}

void Parser::Impl::note_meta_value(ByteView value) {
  if (element.tag == tags::kTransferSyntaxUID) {
    syntax = trim_uid(as_text(value));
    transfer_syntax_offset = element.offset;
  }
}

// The next element is not of group 0002: from here the data set's own encoding holds.
Status Parser::Impl::end_meta(ByteView unit) {
  if (syntax.empty()) {
    return Status(Code::Corrupt, "element (0002,0010) is missing: file meta information ends at byte " +
                                     std::to_string(element.offset) + " without a TransferSyntaxUID");
  }
  if (!is_valid_uid(syntax)) {  // said without repeating it: errors travel into logs and answers
    return corrupt("element", tags::kTransferSyntaxUID, transfer_syntax_offset, "its value is no UID");
  }
  const TransferSyntax* row = find_transfer_syntax(syntax);
  in_meta = false;
  if (!row) {
    return {};  // explicit little endian, as group 0002 is
  }
  top_level = {row->explicit_vr, row->big_endian};
  return row->deflated ? begin_inflating(unit) : Status();
}

// `unit` was taken for the beginning of an element and is the first of the deflated bytes.
Status Parser::Impl::begin_inflating(ByteView unit) {
  const ByteBuffer first(unit.begin(), unit.end());  // the unit may lie in the intake, which goes on being used
  offset -= unit.size();
  expect(Step::Element, unit.size());
  const Inflation::Limits allowed{limits.inflated_bytes, limits.inflated_ratio, limits.inflated_free};
  inflation = std::make_unique<Inflation>(allowed, [this](ByteView bytes) { return feed(bytes); });
  return inflation->feed(first);
}

}  // namespace tessera::dicom
