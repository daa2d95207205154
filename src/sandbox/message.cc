#include "sandbox/message.h"

#include <algorithm>
#include <string>

namespace tessera::sandbox {

namespace {

// What a body may say of its input. Its byte is the place in this table.
constexpr Code kCodes[] = {Code::Internal,    Code::InvalidArgument, Code::Corrupt,
                           Code::Unsupported, Code::TooLarge,        Code::IoError};

}  // namespace

std::array<std::uint8_t, kHeadBytes> encode_head(const MessageHead& head) {
  std::array<std::uint8_t, kHeadBytes> bytes{};
  store_le(bytes.data(), head.length);
  store_le(bytes.data() + 4, head.call);
  bytes[8] = static_cast<std::uint8_t>(head.kind);
  return bytes;
}

Result<MessageHead> decode_head(std::span<const std::uint8_t, kHeadBytes> bytes, std::uint32_t limit) {
  MessageHead head{load_le32(bytes.data()), load_le32(bytes.data() + 4), static_cast<MessageKind>(bytes[8])};
  const bool known = bytes[8] >= static_cast<std::uint8_t>(MessageKind::Ready) &&
                     bytes[8] <= static_cast<std::uint8_t>(MessageKind::Refusal);
  if (!known || bytes[9] != 0 || bytes[10] != 0 || bytes[11] != 0) {
    return Status(Code::Corrupt, "it sent what is no message (kind " + std::to_string(bytes[8]) + ")");
  }
  if (head.length > limit) {
    return Status(Code::Corrupt, "it announced a message of " + std::to_string(head.length) + " bytes; at most " +
                                     std::to_string(limit) + " are taken");
  }
  return head;
}

ByteBuffer encode_refusal(const Status& why) {
  const auto* const found = std::find(std::begin(kCodes), std::end(kCodes), why.code());
  const std::string_view text = why.message().substr(0, kMaxRefusal - 1);
  ByteBuffer content(1 + text.size());
  content[0] = static_cast<std::uint8_t>(found == std::end(kCodes) ? 0 : found - std::begin(kCodes));
  std::copy(text.begin(), text.end(), content.begin() + 1);
  return content;
}

Status decode_refusal(ByteView content) {
  if (content.empty()) {
    return Status(Code::Internal, "it refused without a word");
  }
  const std::size_t code = content[0] < std::size(kCodes) ? content[0] : 0;
  std::string text(as_text(content.subspan(1)).substr(0, kMaxRefusal));
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F; }, '?');
  return Status(kCodes[code], std::move(text));
}

}  // namespace tessera::sandbox
