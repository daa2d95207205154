// What a worker that was taken over may write to its parent: a stream of any bytes, cut anywhere, through a real
// socket. The parent takes messages until one breaks the rules; none is above the limit, none changes when it is
// written again, and a refusal is one line of text with a code that workers may use.
#include "sandbox/message.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cuts.h"
#include "sandbox/channel.h"

namespace {

using namespace tessera;

constexpr std::uint32_t kLimit = 300;

void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void check(const sandbox::Message& message) {
  require(message.head.length <= kLimit && message.content.size() == message.head.length && message.files.empty());
  const auto again = sandbox::decode_head(sandbox::encode_head(message.head), kLimit);
  require(again.ok() && again->length == message.head.length && again->call == message.head.call);
  const Status refusal = sandbox::decode_refusal(message.content);
  require(!refusal.ok() && refusal.message().size() <= sandbox::kMaxRefusal);
  require(std::none_of(refusal.message().begin(), refusal.message().end(),
                       [](char c) { return c == '\n' || c == '\r' || c == '\x1B' || c == '\0'; }));
  const Code codes[] = {Code::Internal,    Code::InvalidArgument, Code::Corrupt,
                        Code::Unsupported, Code::TooLarge,        Code::IoError};
  require(std::find(std::begin(codes), std::end(codes), refusal.code()) != std::end(codes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int pair[2];
  if (size > 16'384 || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return 0;
  }
  sandbox::Channel parent{File(pair[0])};
  const fuzz::Cuts cuts({data, size});
  cuts.each(cuts.content(), [&](ByteView piece) {
    return ::write(pair[1], piece.data(), piece.size()) == static_cast<ssize_t>(piece.size());
  });
  ::close(pair[1]);
  for (;;) {
    const auto message = parent.receive(kLimit, 0, std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
    if (!message.ok()) {
      require(message.status().code() == Code::Cancelled || message.status().code() == Code::Corrupt);
      return 0;
    }
    check(*message);
  }
}
