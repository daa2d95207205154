#include "sandbox/message.h"

#include <gtest/gtest.h>

namespace tessera::sandbox {
namespace {

TEST(Message, a_head_is_read_as_it_was_written) {
  const auto head =
      decode_head(encode_head({.length = 70'000, .call = 0x01020304, .kind = MessageKind::Reply}), 70'000);
  ASSERT_TRUE(head.ok()) << head.status().message();
  EXPECT_EQ(head->length, 70'000u);
  EXPECT_EQ(head->call, 0x01020304u);
  EXPECT_EQ(head->kind, MessageKind::Reply);
}

TEST(Message, a_head_with_a_length_above_the_limit_is_refused) {
  const auto head = decode_head(encode_head({.length = 70'001, .kind = MessageKind::Reply}), 70'000);
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.status().message(), "it announced a message of 70001 bytes; at most 70000 are taken");
}

TEST(Message, unknown_kinds_and_bytes_that_are_not_zero_are_refused) {
  for (const std::size_t byte : {8u, 9u, 10u, 11u}) {
    auto bytes = encode_head({.kind = MessageKind::Request});
    bytes[byte] = 5;
    const auto head = decode_head(bytes, 10);
    ASSERT_FALSE(head.ok()) << byte;
    EXPECT_EQ(head.status().code(), Code::Corrupt);
  }
}

TEST(Message, a_refusal_keeps_code_and_sentence) {
  const Status status = decode_refusal(encode_refusal(Status(Code::Unsupported, "a.svs: no such thing")));
  EXPECT_EQ(status.code(), Code::Unsupported);
  EXPECT_EQ(status.message(), "a.svs: no such thing");
}

TEST(Message, a_refusal_can_neither_break_a_log_line_nor_pretend_a_code_of_the_server) {
  EXPECT_EQ(decode_refusal(as_bytes("\x02row 7\ncut\x1B[2J")).message(), "row 7?cut?[2J");
  EXPECT_EQ(decode_refusal(encode_refusal(Status(Code::Unauthenticated, "x"))).code(), Code::Internal);
  EXPECT_EQ(decode_refusal(as_bytes("\xFFtext")).code(), Code::Internal);
  EXPECT_EQ(decode_refusal({}).message(), "it refused without a word");
  EXPECT_EQ(decode_refusal(encode_refusal(Status(Code::Corrupt, std::string(5000, 'x')))).message().size(),
            kMaxRefusal - 1);
}

}  // namespace
}  // namespace tessera::sandbox
