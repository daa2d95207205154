// ChunkDecoder: a chunked body (RFC 9112 §7.1) undone in place, strictly: sizes in hexadecimal, CRLF line ends, no
// bare line feeds. Extensions and trailers are read over, within a limit. One thread's.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace tessera::net {

class ChunkDecoder {
 public:
  enum class State { More, Data, End, Bad };

  // Takes some of `bytes` off the front. Data: `data` is a piece of the body within them. More: feed again.
  State next(ByteView& bytes, ByteView& data);

 private:
  enum class Place { Size, Extension, SizeEnd, Data, DataEnd, DataEndLf, Trailer, TrailerLf, Done };
  State on_byte(char c);

  Place place_ = Place::Size;
  std::uint64_t left_ = 0;  // of the chunk's data
  unsigned digits_ = 0;
  std::size_t line_ = 0;  // bytes of extensions and trailers so far
  bool last_ = false;
  bool trailer_line_empty_ = true;
};

}  // namespace tessera::net
