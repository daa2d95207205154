// Sequences that a writer wrote as UN because it did not know them (PS3.5 6.2.2). Of undefined length they can be
// nothing else (begin_undefined_length). Of defined length the dictionary says so, and the bytes must bear it out: a
// value that can be held is read on trial first and stays UN where that fails, so that nobody's odd bytes refuse a
// file; a longer one is a sequence if an item begins it.
//
// Inside is implicit little endian; some writers put explicit VR there, and each item is looked at for that
// (settle_encoding).
#include "dicom/parser_impl.h"

namespace tessera::dicom {
namespace {

constexpr Encoding kInside = {.explicit_vr = false, .big_endian = false};

}  // namespace

Status Parser::Impl::begin_unknown_sequence() {
  if (tried || element.length > kHeldValue) {  // a trial within each trial would double the work with each level
    return expect_first_item(kInside);
  }
  expect(Step::Unknown, element.length);
  return {};
}

Status Parser::Impl::on_unknown(ByteView value) {
  if (!reads_as_sequence(value)) {
    element.vr = Vr::UN;
    return on_value(value);
  }
  const ByteBuffer held(value.begin(), value.end());  // the value may lie in the intake, which goes on being used
  offset -= held.size();
  RETURN_IF_ERROR(begin_sequence(kInside));
  tried = true;
  for (ByteView rest = held; !rest.empty();) {
    RETURN_IF_ERROR(advance(rest));
  }
  tried = false;
  return {};
}

// `value` is that of `element`.
bool Parser::Impl::reads_as_sequence(ByteView value) const {
  TokenSink nobody;
  Impl reader(nobody, limits);
  reader.tried = true;
  reader.in_meta = false;
  reader.element = element;
  return reader.begin_sequence(kInside).ok() && reader.feed(value).ok() && reader.nesting.empty();
}

}  // namespace tessera::dicom
