#include "net/multipart.h"

#include <gtest/gtest.h>

namespace tessera::net {
namespace {

// What went by, as text: "[type]bytes." for each part.
class Transcript final : public PartSink {
 public:
  std::string text;
  Status on_part_begin(const PartHead& head) override {
    text += "[" + std::string(head.field("content-type")) + "]";
    return {};
  }
  Status on_part_bytes(ByteView bytes) override {
    text += as_text(bytes);
    return {};
  }
  Status on_part_end() override {
    text += ".";
    return {};
  }
};

// The same for every way to cut the body, or "error".
std::string read(std::string_view body, std::string_view boundary = "B") {
  std::string first;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, body.size() + 1}) {
    Transcript transcript;
    MultipartParser parser{std::string(boundary), transcript};
    Status status;
    for (std::size_t at = 0; at < body.size() && status.ok(); at += piece) {
      status = parser.feed(as_bytes(body.substr(at, piece)));
    }
    status = status.ok() ? parser.finish() : status;
    const std::string result = status.ok() ? transcript.text : "error";
    EXPECT_TRUE(first.empty() || first == result) << "pieces of " << piece;
    first = result;
  }
  return first;
}

TEST(Multipart, parts_are_what_lies_between_boundaries) {
  EXPECT_EQ(read("--B\r\nContent-Type: a/b\r\n\r\none\r\n--B\r\n\r\n\r\ntwo\r\n\r\n--B--\r\n"),
            "[a/b]one.[]\r\ntwo\r\n.");
  EXPECT_EQ(read("lead\r\n--B \t\r\nX: y\r\n\r\n--B--tail"), "[].") << "an empty part";
  EXPECT_EQ(read("--B--"), "");
}

TEST(Multipart, what_almost_is_a_boundary_is_content) {
  EXPECT_EQ(read("--BB\r\n\r\n\r\n--B\r\r\n--b\n--BB\r\n-\r\n--BB--", "BB"), "[]\r\n--B\r\r\n--b\n--BB\r\n-.");
}

TEST(Multipart, a_field_may_be_folded_over_lines) {
  EXPECT_EQ(
      read("--B\r\nContent-Type: application/dicom;\r\n  transfer-syntax=1.2\r\n\t;x=y\r\nA: b\r\n\r\nx\r\n--B--"),
      "[application/dicom; transfer-syntax=1.2 ;x=y]x.");
  EXPECT_EQ(read("--B\r\n folded: onto nothing\r\n\r\nx\r\n--B--"), "[]x.");
}

TEST(Multipart, what_is_no_multipart_body_is_an_error) {
  for (const char* body : {"", "no boundary", "--B", "--B\r\nA: b\r\n\r\nx", "--Bx\r\n\r\n--B--", "--B\n\nx\n--B--",
                           "--B\r\nno colon\r\n\r\nx\r\n--B--"}) {
    EXPECT_EQ(read(body), "error") << body;
  }
}

}  // namespace
}  // namespace tessera::net
