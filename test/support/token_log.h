// TokenLog: a sink that writes the tokens of a parse as lines of text, chunks joined, so that two parses can
// be compared whatever way the bytes came in; and feeding helpers. For tests and fuzz targets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "dicom/parser.h"
#include "dicom/token.h"

namespace tessera::test {

class TokenLog final : public dicom::TokenSink {
 public:
  std::string text;
  int open = 0;  // begins without their end

  Status on_value(const dicom::ElementHeader& header, ByteView value) override {
    line("value", header);
    return add(value);
  }
  Status on_large_value_begin(const dicom::ElementHeader& header) override { return begin("large", header); }
  Status on_large_value_chunk(const dicom::ElementHeader&, ByteView bytes) override { return add(bytes); }
  Status on_large_value_end(const dicom::ElementHeader&) override { return end("large end"); }
  Status on_sequence_begin(const dicom::ElementHeader& header) override { return begin("sequence", header); }
  Status on_item_begin() override {
    ++open;
    text += "\nitem";
    return {};
  }
  Status on_item_end() override { return end("item end"); }
  Status on_sequence_end() override { return end("sequence end"); }
  Status on_fragments_begin(const dicom::ElementHeader& header) override { return begin("fragments", header); }
  Status on_fragment_begin(const dicom::FragmentHeader& header) override {
    ++open;
    text += "\nfragment " + std::to_string(header.ordinal) + " @" + std::to_string(header.offset) + " +" +
            std::to_string(header.length) + " ";
    return {};
  }
  Status on_fragment_chunk(const dicom::FragmentHeader&, ByteView bytes) override { return add(bytes); }
  Status on_fragment_end(const dicom::FragmentHeader&) override { return end("fragment end"); }
  Status on_fragments_end(std::uint64_t end_offset) override {
    return end("fragments end @" + std::to_string(end_offset));
  }

 private:
  Status add(ByteView bytes) {
    constexpr char kHex[] = "0123456789abcdef";
    for (const std::uint8_t byte : bytes) {
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
    return {};
  }
  void line(std::string_view what, const dicom::ElementHeader& header) {
    text += "\n" + std::string(what) + " " + header.tag.text() + " " + std::string(dicom::vr_name(header.vr)) + " @" +
            std::to_string(header.offset) + " v" + std::to_string(header.value_offset) + " +" +
            std::to_string(header.length) + " d" + std::to_string(header.depth) + " ";
  }
  Status begin(std::string_view what, const dicom::ElementHeader& header) {
    ++open;
    line(what, header);
    return {};
  }
  Status end(std::string_view what) {
    --open;
    text += "\n" + std::string(what);
    return {};
  }
};

// Parses `file` fed in pieces of at most `piece` bytes.
inline Status parse_in_pieces(ByteView file, std::size_t piece, dicom::TokenSink& sink,
                              dicom::ParserLimits limits = {}) {
  dicom::Parser parser(sink, limits);
  for (std::size_t at = 0; at < file.size(); at += piece) {
    RETURN_IF_ERROR(parser.feed(file.subspan(at, std::min(piece, file.size() - at))));
  }
  return parser.finish();
}

}  // namespace tessera::test
