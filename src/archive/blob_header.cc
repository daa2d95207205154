#include "archive/blob_header.h"

#include <algorithm>

#include "dicom/json.h"
#include "dicom/parser.h"

namespace tessera::archive {

namespace {

constexpr std::size_t kFirstPiece = 4 * 1024;  // group 0002, as a rule
constexpr std::size_t kPiece = 64 * 1024;
constexpr dicom::Tag kPrivateInformation{0x00020102};
constexpr dicom::Tag kBehindFileMeta{0x00030000};

// Ends the parse at its tag.
class Stop final : public dicom::TokenSink {
 public:
  explicit Stop(dicom::Tag end) : end_(end) {}
  bool reached() const { return reached_; }

  Status on_value(const dicom::ElementHeader& element, ByteView) override { return look(element); }
  Status on_large_value_begin(const dicom::ElementHeader& element) override { return look(element); }
  Status on_sequence_begin(const dicom::ElementHeader& element) override { return look(element); }
  Status on_fragments_begin(const dicom::ElementHeader& element) override { return look(element); }

 private:
  Status look(const dicom::ElementHeader& element) {
    reached_ = element.depth == 0 && element.tag >= end_;
    return reached_ ? Status(Code::Cancelled, "read enough") : Status();
  }

  const dicom::Tag end_;
  bool reached_ = false;
};

class Text final : public dicom::JsonOutput {
 public:
  std::string json;
  Status text(std::string_view piece) override {
    json += piece;
    return {};
  }
  Status bulk(const dicom::BulkValue&) override { return {}; }  // no value of the group is one: see `wanted`
};

}  // namespace

Result<std::string> file_meta_json(RangeSource& blob) {
  dicom::JsonOptions options;
  options.inline_binary_limit = dicom::kHeldValue;
  options.wanted = [](dicom::Tag tag) { return tag.group() == 0x0002 && tag != kPrivateInformation; };
  Text text;
  dicom::JsonWriter writer(text, options);
  RETURN_IF_ERROR(read_before(blob, kBehindFileMeta, writer));
  RETURN_IF_ERROR(writer.finish());
  return std::move(text.json);
}

Status read_before(RangeSource& blob, dicom::Tag end, dicom::TokenSink& sink) {
  Stop stop(end);
  dicom::TokenTee tee({&stop, &sink});
  dicom::Parser parser(tee);
  ByteBuffer buffer(kPiece);
  for (std::uint64_t at = 0; at < blob.size();) {
    const std::uint64_t most = at == 0 ? kFirstPiece : kPiece;
    const MutableBytes piece(buffer.data(), std::min<std::uint64_t>(most, blob.size() - at));
    RETURN_IF_ERROR(read_fully(blob, at, piece));
    at += piece.size();
    const Status fed = parser.feed(piece);
    if (stop.reached()) {
      return {};
    }
    RETURN_IF_ERROR(fed);
  }
  const Status finished = parser.finish();  // of a deflated data set, all may have waited for this
  return stop.reached() ? Status() : finished;
}

}  // namespace tessera::archive
