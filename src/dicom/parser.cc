#include "dicom/parser.h"

#include <algorithm>
#include <utility>

#include "dicom/parser_impl.h"

namespace tessera::dicom {
namespace {

constexpr std::size_t kHeaderUnit = 8;

}  // namespace

Parser::Parser(TokenSink& sink, ParserLimits limits) : impl_(std::make_unique<Impl>(sink, limits)) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

Status Parser::feed(ByteView bytes) {
  while (!bytes.empty() && impl_->status.ok()) {
    if (impl_->inflation) {
      impl_->status = impl_->inflation->feed(std::exchange(bytes, {}));
    } else {
      impl_->status = impl_->advance(bytes);
    }
  }
  return impl_->status;
}

Status Parser::finish() {
  if (impl_->status.ok()) {
    impl_->status = impl_->finish();
  }
  return impl_->status;
}

const std::string& Parser::transfer_syntax() const {
  return impl_->syntax;
}
std::uint64_t Parser::bytes_seen() const {
  return impl_->offset + impl_->intake.waiting();
}

Status Parser::Impl::advance(ByteView& chunk) {
  if (step == Step::ValueBytes || step == Step::FragmentBytes) {
    return pass_through(chunk);
  }
  if (step == Step::Padding) {
    return skip_padding(chunk);
  }
  ByteView unit;
  if (!intake.take(chunk, unit_size, unit)) {
    return {};
  }
  offset += unit.size();
  return on_unit(unit);
}

Status Parser::Impl::on_unit(ByteView unit) {
  switch (step) {
    case Step::Preamble:
      return on_preamble(unit);
    case Step::Element:
      return on_element(unit);
    case Step::LongLength:
      element.length = load32(unit.data());
      element.value_offset = offset;
      return begin_element();
    case Step::Value:
      return on_value(unit);
    case Step::FirstItem:
      return on_first_item(unit);
    case Step::Unknown:
      return on_unknown(unit);
    case Step::Item:
      return on_item(unit);
    case Step::Fragment:
      return on_fragment(unit);
    case Step::ValueBytes:
    case Step::FragmentBytes:
    case Step::Padding:
      break;
  }
  return Status(Code::Internal, "parser: a step without a unit was given one");
}

// The bytes of an inflated data set.
Status Parser::Impl::feed(ByteView chunk) {
  RETURN_IF_ERROR(sink.on_inflated(offset + intake.waiting(), chunk));
  while (!chunk.empty()) {
    RETURN_IF_ERROR(advance(chunk).while_doing("read inflated data set"));
  }
  return {};
}

// Blocks of tape and disk, and writers that round up.
Status Parser::Impl::skip_padding(ByteView& chunk) {
  const auto other = std::find_if(chunk.begin(), chunk.end(), [](std::uint8_t byte) { return byte != 0; });
  offset += static_cast<std::uint64_t>(other - chunk.begin());
  if (other != chunk.end()) {
    return Status(Code::Corrupt, "byte " + std::to_string(offset) + " follows zero bytes behind the data set");
  }
  chunk = {};
  return {};
}

Status Parser::Impl::pass_through(ByteView& chunk) {
  const ByteView part = chunk.first(static_cast<std::size_t>(std::min<std::uint64_t>(remaining, chunk.size())));
  chunk = chunk.subspan(part.size());
  offset += part.size();
  remaining -= part.size();
  const bool is_value = step == Step::ValueBytes;
  RETURN_IF_ERROR(is_value ? sink.on_large_value_chunk(element, part) : sink.on_fragment_chunk(fragment, part));
  if (remaining > 0) {
    return {};
  }
  if (!is_value) {
    return end_fragment();
  }
  RETURN_IF_ERROR(sink.on_large_value_end(element));
  return settle();
}

void Parser::Impl::expect(Step next, std::size_t size) {
  step = next;
  unit_size = size;
}

// Closes what ends here by its length, then expects an item or an element.
Status Parser::Impl::settle() {
  while (nesting.ends_at(offset)) {
    const bool item = nesting.in_item();
    nesting.close();
    RETURN_IF_ERROR(item ? sink.on_item_end() : sink.on_sequence_end());
  }
  if (nesting.limit() - offset < kHeaderUnit) {
    return Status(Code::Corrupt, nesting.describe_top() + ": at byte " + std::to_string(offset) +
                                     " no element or delimiter fits into the " +
                                     std::to_string(nesting.limit() - offset) + " bytes left of " +
                                     nesting.describe_limit());
  }
  expect(nesting.in_sequence() ? Step::Item : Step::Element, kHeaderUnit);
  return {};
}

// `length` bytes from here must fit into the innermost sequence or item of defined length.
Status Parser::Impl::check_room(std::string_view what, Tag tag, std::uint64_t at, std::uint64_t length) const {
  const std::uint64_t room = nesting.limit() - offset;
  if (nesting.limit() != kNoLimit && length > room) {
    return corrupt(what, tag, at,
                   "length " + std::to_string(length) + " exceeds the " + std::to_string(room) + " bytes left of " +
                       nesting.describe_limit());
  }
  return {};
}

Status Parser::Impl::count_element(std::uint64_t at) {
  if (++elements > limits.elements) {
    return Status(Code::TooLarge, "element at byte " + std::to_string(at) + ": more than the " +
                                      std::to_string(limits.elements) + " elements and items allowed in a file");
  }
  return {};
}

std::string Parser::Impl::describe_step() const {
  switch (step) {
    case Step::Value:
    case Step::ValueBytes:
    case Step::LongLength:
    case Step::FirstItem:
    case Step::Unknown:
      return describe_place("element", element.tag, element.offset);
    case Step::FragmentBytes:
      return describe_place("fragment " + std::to_string(fragment.ordinal) + " of", element.tag, fragment.offset);
    case Step::Fragment:
      return describe_place("pixel data fragments of", element.tag, element.offset);
    case Step::Element:
    case Step::Item:
    case Step::Preamble:
    case Step::Padding:
      break;
  }
  return nesting.empty() ? "element at byte " + std::to_string(offset) : nesting.describe_top();
}

std::string Parser::Impl::describe_shortage() const {
  const bool passing = step == Step::ValueBytes || step == Step::FragmentBytes;
  const std::uint64_t missing = passing ? remaining : unit_size - intake.waiting();
  return passing || step == Step::Value || step == Step::Unknown ? ", " + std::to_string(missing) + " bytes short" : "";
}

Status Parser::Impl::finish() {
  if (inflation) {
    RETURN_IF_ERROR(inflation->finish());
    return check_end().while_doing("read inflated data set");
  }
  return check_end();
}

Status Parser::Impl::check_end() const {
  const std::uint64_t seen = offset + intake.waiting();
  if (step == Step::Preamble) {
    return Status(Code::Corrupt, "not a DICOM Part 10 file: it ends at byte " + std::to_string(seen) +
                                     ", before the preamble and \"DICM\" are complete");
  }
  const ByteView rest = intake.held();  // zero bytes here are padding: no header begins with four of them
  const bool padded = std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; });
  const bool between_elements = (step == Step::Element && padded && nesting.empty()) || step == Step::Padding;
  if (!between_elements) {
    return Status(Code::Corrupt,
                  describe_step() + ": the file ends inside it, at byte " + std::to_string(seen) + describe_shortage());
  }
  if (in_meta && syntax.empty()) {
    return Status(Code::Corrupt, "element (0002,0010) is missing: the file ends at byte " + std::to_string(seen) +
                                     " without a TransferSyntaxUID");
  }
  return {};
}

}  // namespace tessera::dicom
