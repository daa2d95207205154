#include "net/chunk_decoder.h"

#include <algorithm>

namespace tessera::net {

namespace {

constexpr std::size_t kMaxLine = 8 * 1024;
constexpr unsigned kMaxDigits = 15;  // 2^60 bytes in one chunk are enough

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Control characters but the tab make a chunk extension or a trailer ambiguous.
bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
}

}  // namespace

ChunkDecoder::State ChunkDecoder::next(ByteView& bytes, ByteView& data) {
  while (!bytes.empty()) {
    if (place_ == Place::Data) {
      const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      data = bytes.first(count);
      bytes = bytes.subspan(count);
      left_ -= count;
      place_ = left_ == 0 ? Place::DataEnd : Place::Data;
      return State::Data;
    }
    const State state = on_byte(static_cast<char>(bytes.front()));
    if (state == State::Bad) {
      return state;
    }
    bytes = bytes.subspan(1);
    if (state == State::End) {
      return state;
    }
  }
  return place_ == Place::Done ? State::End : State::More;
}

ChunkDecoder::State ChunkDecoder::on_byte(char c) {
  switch (place_) {
    case Place::Size: {
      const int digit = hex_value(c);
      if (digit >= 0) {
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return ++digits_ <= kMaxDigits ? State::More : State::Bad;
      }
      if (digits_ == 0) {
        return State::Bad;
      }
      place_ = c == '\r' ? Place::SizeEnd : Place::Extension;
      return c == '\r' || c == ';' || c == ' ' || c == '\t' ? State::More : State::Bad;
    }
    case Place::Extension:
      place_ = c == '\r' ? Place::SizeEnd : place_;
      return (c == '\r' || is_text(c)) && ++line_ <= kMaxLine ? State::More : State::Bad;
    case Place::SizeEnd:
      last_ = left_ == 0;
      place_ = last_ ? Place::Trailer : Place::Data;
      trailer_line_empty_ = true;
      return c == '\n' ? State::More : State::Bad;
    case Place::DataEnd:
      place_ = Place::DataEndLf;
      return c == '\r' ? State::More : State::Bad;
    case Place::DataEndLf:
      place_ = Place::Size;
      digits_ = 0;
      return c == '\n' ? State::More : State::Bad;
    case Place::Trailer:
      if (c == '\r') {
        place_ = Place::TrailerLf;
        return State::More;
      }
      trailer_line_empty_ = false;
      return is_text(c) && ++line_ <= kMaxLine ? State::More : State::Bad;
    case Place::TrailerLf:
      if (c != '\n') {
        return State::Bad;
      }
      if (trailer_line_empty_) {
        place_ = Place::Done;
        return State::End;
      }
      place_ = Place::Trailer;
      trailer_line_empty_ = true;
      return State::More;
    case Place::Data:
    case Place::Done:
      break;
  }
  return State::Bad;
}

}  // namespace tessera::net
