// A multipart body, whole and in pieces: what the sink hears is the same, wherever the pieces are cut.
#include "net/multipart.h"

#include <cstdlib>

#include "cuts.h"

namespace {

using namespace tessera;

// What the sink heard, as one text.
class Transcript final : public net::PartSink {
 public:
  std::string text;

  Status on_part_begin(const net::PartHead& head) override {
    require(!open_);
    open_ = true;
    text += "[";
    for (const auto& [name, value] : head.fields) {
      text += name + "=" + value + ";";
    }
    text += "]";
    return {};
  }
  Status on_part_bytes(ByteView bytes) override {
    require(open_ && !bytes.empty());
    text += as_text(bytes);
    return {};
  }
  Status on_part_end() override {
    require(open_);
    open_ = false;
    text += "|";
    return {};
  }

 private:
  static void require(bool promise) {
    if (!promise) {
      std::abort();
    }
  }
  bool open_ = false;
};

struct Heard {
  std::string text;
  Code code;
  std::uint64_t parts;
  friend bool operator==(const Heard&, const Heard&) = default;
};

template <class Feed>
Heard hear(Feed feed) {
  Transcript transcript;
  net::MultipartParser parser("bound", transcript);
  feed(parser);
  const Code code = parser.finish().code();
  return {std::move(transcript.text), code, parser.parts()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Cuts cuts({data, size});
  const Heard whole = hear([&](net::MultipartParser& parser) { (void)parser.feed(cuts.content()); });
  const Heard cut = hear([&](net::MultipartParser& parser) {
    cuts.each(cuts.content(), [&](ByteView piece) { return parser.feed(piece).ok(); });
  });
  if (whole != cut) {
    std::abort();
  }
  return 0;
}
