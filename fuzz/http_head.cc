// A request's head and a chunked body behind it. What the head's parser finds are views of the head; what the decoder
// makes of the body is the same, wherever it is cut.
#include <cstdlib>

#include "cuts.h"
#include "net/byte_ranges.h"
#include "net/chunk_decoder.h"
#include "net/head_parser.h"

namespace {

using namespace tessera;

void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void require_inside(std::string_view view, std::string_view bytes) {
  require(view.empty() || (view.data() >= bytes.data() && view.data() + view.size() <= bytes.data() + bytes.size()));
}

void read_head(std::string_view bytes) {
  net::Head head;
  std::string why;
  const int refused = net::parse_head(bytes, head, why);
  require(refused == 0 ? why.empty() : refused >= 400 && refused < 600 && !why.empty());
  if (refused != 0) {
    return;
  }
  const net::Request& request = head.request;
  for (const std::string_view view : {request.method_text, request.target, request.query}) {
    require_inside(view, bytes);
  }
  if (request.path != "/") {
    require_inside(request.path, bytes);  // "/" may stand for the path that a proxy's target has not
  }
  for (const auto& [name, value] : request.fields) {
    require_inside(name, bytes);
    require_inside(value, bytes);
  }
  require(request.path == "*" || request.path.starts_with('/'));
  require(!(head.chunked && request.content_length >= 0));  // one framing, or requests could be smuggled
}

struct Decoded {
  std::string text;
  net::ChunkDecoder::State state = net::ChunkDecoder::State::More;
  std::size_t left = 0;
};

// False once nothing more is to be fed.
bool decode(net::ChunkDecoder& decoder, ByteView piece, Decoded& out) {
  using State = net::ChunkDecoder::State;
  while (true) {
    ByteView data;
    out.state = decoder.next(piece, data);
    if (out.state == State::Data) {
      require_inside(as_text(data), {reinterpret_cast<const char*>(data.data()), data.size()});
      out.text += as_text(data);
      continue;
    }
    out.left = piece.size();
    return out.state == State::More;
  }
}

void read_body(const fuzz::Cuts& cuts, ByteView body) {
  Decoded whole;
  net::ChunkDecoder decoder;
  (void)decode(decoder, body, whole);
  Decoded cut;
  net::ChunkDecoder again;
  cuts.each(body, [&](ByteView piece) { return decode(again, piece, cut); });
  require(whole.text == cut.text && whole.state == cut.state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Cuts cuts({data, size});
  const std::string_view text = as_text(cuts.content());
  // Found at once, or after a look at a part of it: the same place.
  const std::size_t end = net::find_head_end(text, 0);
  std::size_t seen = 0;
  std::size_t found = 0;
  cuts.each(cuts.content(), [&](ByteView piece) {
    found = net::find_head_end(text.substr(0, seen + piece.size()), seen);
    seen += piece.size();
    return found == 0;
  });
  require(found == end && end <= text.size());
  if (end > 0) {
    read_head(text.substr(0, end));
  }
  read_body(cuts, cuts.content().subspan(end));
  return 0;
}
