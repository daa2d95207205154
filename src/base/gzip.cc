#include "base/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace tessera {

namespace {

constexpr int kLevel = 4;  // JSON of a search: nearly as small as 6, in half the time
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemory = 8;
constexpr std::size_t kStep = 256 * 1024;

}  // namespace

Result<std::string> gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Status(Code::Internal, "gzip: zlib could not be started");
  }
  std::string out;
  int state = Z_OK;
  while (state == Z_OK) {
    if (stream.avail_in == 0) {
      const std::size_t count = std::min<std::size_t>(text.size(), std::numeric_limits<uInt>::max());
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib's signature; it only reads
      stream.avail_in = static_cast<uInt>(count);
      text.remove_prefix(count);
    }
    const std::size_t made = out.size();
    out.resize(made + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = kStep;
    state = deflate(&stream, text.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  if (state != Z_STREAM_END) {
    return Status(Code::Internal, "gzip: zlib failed with " + std::to_string(state));
  }
  return out;
}

}  // namespace tessera
