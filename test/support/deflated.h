// A data set deflated as PS3.5 A.5 has it, for tests.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace tessera::test {

// `window`: -15 for bare deflate blocks, 15 for zlib's wrapper around them.
inline std::string deflated(std::string_view bytes, int window = -15) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace tessera::test
