// Fuzz target: the push parser. Beyond not crashing, three things must hold for any bytes: the tokens and the
// verdict do not depend on how the bytes are cut, every begin has its end when the file is accepted, and an
// error names a place.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "support/token_log.h"

namespace {

using tessera::ByteView;
using tessera::Status;

// Few enough that deep or long inputs reach the limits.
constexpr tessera::dicom::ParserLimits kLimits{.depth = 8, .elements = 5000, .file_meta_bytes = 4096};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

// Pieces of sizes drawn from the input itself, so that the fuzzer can steer the cuts.
Status parse_cut(ByteView file, tessera::dicom::TokenSink& sink) {
  tessera::dicom::Parser parser(sink, kLimits);
  std::size_t at = 0;
  std::size_t turn = 0;
  while (at < file.size()) {
    const std::size_t wanted = 1 + file[(turn++ * 7) % file.size()] % 29;
    const std::size_t piece = std::min(wanted, file.size() - at);
    RETURN_IF_ERROR(parser.feed(file.subspan(at, piece)));
    at += piece;
  }
  return parser.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView file(data, size);
  tessera::test::TokenLog whole;
  const Status status = tessera::test::parse_in_pieces(file, SIZE_MAX, whole, kLimits);
  tessera::test::TokenLog cut;
  const Status cut_status = parse_cut(file, cut);
  require(status.code() == cut_status.code() && status.message() == cut_status.message());
  require(whole.text == cut.text && whole.open == cut.open);
  require(whole.open >= 0 && (!status.ok() || whole.open == 0));
  require(status.ok() || status.message().find("byte") != std::string_view::npos);
  return 0;
}
