#include "codec/jpeg_segments.h"

namespace tessera::codec::jpeg {

Status Segments::start() {
  if (bytes_.size() < 2 || bytes_[0] != 0xFF || bytes_[1] != kSoi) {
    return corrupt(0, "does not begin with SOI (FFD8)");
  }
  at_ = 2;
  return {};
}

Result<std::optional<Segment>> Segments::next() {
  if (at_ < bytes_.size() && bytes_[at_] != 0xFF) {
    return corrupt(at_, "a marker was expected");
  }
  while (at_ + 1 < bytes_.size() && bytes_[at_ + 1] == 0xFF) {
    ++at_;  // fill bytes (T.81 B.1.1.2)
  }
  if (at_ + 2 > bytes_.size()) {
    return std::optional<Segment>();
  }
  Segment segment{bytes_[at_ + 1], at_, at_ + 2, {}};
  if (segment.marker == 0) {
    return corrupt(at_, "a marker was expected");
  }
  if (segment.marker == kEoi || segment.marker == kTem || (segment.marker >= kRst0 && segment.marker <= kSoi)) {
    at_ = segment.end;
    return std::optional(segment);
  }
  if (at_ + 4 > bytes_.size()) {
    return std::optional<Segment>();
  }
  const std::size_t length = load_be16(bytes_.data() + at_ + 2);
  if (length < 2) {
    return corrupt(at_ + 2, "a segment length below 2");
  }
  if (length > bytes_.size() - at_ - 2) {
    return std::optional<Segment>();
  }
  segment.end = at_ + 2 + length;
  segment.payload = bytes_.subspan(at_ + 4, length - 2);
  at_ = segment.end;
  return std::optional(segment);
}

}  // namespace tessera::codec::jpeg
