// message: how parent and worker talk over their socket. The parent believes nothing: heads and refusals come from a
// process that may be anybody's by now. Pure functions.
//
//   message := u32 length of the content | u32 number of the call | u8 kind | u8[3] zero | content     (little-endian)
//   refusal := u8 code | text
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::sandbox {

enum class MessageKind : std::uint8_t { Ready = 1, Request = 2, Reply = 3, Refusal = 4 };

struct MessageHead {
  std::uint32_t length = 0;
  std::uint32_t call = 0;
  MessageKind kind = MessageKind::Ready;
};

inline constexpr std::size_t kHeadBytes = 12;
inline constexpr std::size_t kMaxRefusal = 1024;

std::array<std::uint8_t, kHeadBytes> encode_head(const MessageHead& head);
// Corrupt: a kind nobody knows, bytes that are not zero, or more content than `limit`.
Result<MessageHead> decode_head(std::span<const std::uint8_t, kHeadBytes> bytes, std::uint32_t limit);

// `why` cut to kMaxRefusal.
ByteBuffer encode_refusal(const Status& why);
// A failure, whatever the bytes are: a code that a worker has no business with is Internal, and control characters
// become '?', so that no line of a log is made here.
Status decode_refusal(ByteView content);

}  // namespace tessera::sandbox
