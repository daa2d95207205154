// Channel: one end of the socket between parent and worker. Sends and receives whole messages, with descriptors beside
// them, until a moment given by the caller.
//
// One thread at a time. Failures are told apart by code: Busy when the moment passed, Cancelled when the other end is
// closed, Corrupt when it broke the rules of sandbox/message.h, IoError for the rest. After any of them the channel is
// of no more use.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/file.h"
#include "sandbox/message.h"

namespace tessera::sandbox {

// Until when; nothing: as long as it takes, and then no poll() is made (a worker may not).
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

struct Message {
  MessageHead head;
  ByteBuffer content;
  std::vector<File> files;
};

class Channel {
 public:
  explicit Channel(File socket) : socket_(std::move(socket)) {}

  Status send(MessageHead head, ByteView content, std::span<const int> descriptors, Deadline until);
  // At most `limit` bytes and `max_files` descriptors; more are Corrupt, and closed.
  Result<Message> receive(std::uint32_t limit, std::size_t max_files, Deadline until);
  // Whether bytes wait or the other end is closed: what a worker between two calls must never show.
  bool is_disturbed() const;

 private:
  Status wait(short events, Deadline until) const;
  Status receive_all(MutableBytes into, std::vector<File>& files, std::size_t max_files, Deadline until);

  File socket_;
};

}  // namespace tessera::sandbox
