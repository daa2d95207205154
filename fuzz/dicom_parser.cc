// Fuzz target: the push parser, little and big endian, plain and deflated. Beyond not crashing, three things must hold
// for any bytes: the tokens and the verdict do not depend on how the bytes are cut, every begin has its end when the
// file is accepted, and an error names a place.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "support/deflated.h"
#include "support/dicom_bytes.h"
#include "support/token_log.h"

namespace {

using tessera::ByteView;
using tessera::Status;

// Few enough that deep or long inputs reach the limits.
constexpr tessera::dicom::ParserLimits kLimits{
    .depth = 8, .elements = 5000, .file_meta_bytes = 4096, .inflated_bytes = 1 << 20, .inflated_ratio = 2000};

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

// The log of group 0002, which differs in a digit of the name.
constexpr std::size_t kMetaTokens = std::string_view(
                                        "\nvalue (0002,0000) UL @132 v140 +4 d0 1e000000"
                                        "\nvalue (0002,0010) UI @144 v152 +22 d0 "
                                        "312e322e3834302e31303030382e312e322e312e3938")
                                        .size();

// The input behind a usual start as a data set, plain and deflated: the same tokens, the same verdict. (The two
// syntaxes have names of one length, so that places are the same.)
void check_inflating(ByteView file) {
  constexpr std::size_t kStart = 132 + 12 + 8 + 22;
  const std::string set(tessera::as_text(file.subspan(std::min(file.size(), kStart))));
  const std::string deflated = tessera::test::deflated(set);
  const bool goes_on_with_meta = set.starts_with(std::string_view("\2\0", 2));
  if (goes_on_with_meta || deflated.size() < 8) {
    return;  // no data set; or shorter than the beginning of an element, which the parser waits for
  }
  const auto plain = tessera::test::DicomBytes().start("1.2.840.10008.1.2.1.98").raw(set);
  const auto packed = tessera::test::DicomBytes().start("1.2.840.10008.1.2.1.99").raw(deflated);
  tessera::test::TokenLog wanted;
  const Status status = tessera::test::parse_in_pieces(plain.view(), SIZE_MAX, wanted, kLimits);
  tessera::test::TokenLog got;
  const Status same = parse_cut(packed.view(), got);
  require(status.code() == same.code());
  const auto behind_meta = [](const std::string& text) { return text.substr(std::min(text.size(), kMetaTokens)); };
  require(behind_meta(wanted.text) == behind_meta(got.text));
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
  check_inflating(file);
  return 0;
}
