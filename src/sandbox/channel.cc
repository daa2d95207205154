#include "sandbox/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tessera::sandbox {

namespace {

constexpr std::size_t kMaxDescriptors = 16;

// Room for the control message that carries descriptors, aligned as the kernel wants it.
union Control {
  cmsghdr head;
  char bytes[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
};

void attach(msghdr& message, Control& control, std::span<const int> descriptors) {
  std::memset(&control, 0, sizeof control);
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
}

// Whatever came along is owned at once, so that nothing leaks when it is refused.
void take_descriptors(msghdr& message, std::vector<File>& files) {
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
      for (std::size_t at = 0; at + sizeof(int) <= head->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(head) + at, sizeof descriptor);
        files.emplace_back(descriptor);
      }
    }
  }
}

Status closed() {
  return Status(Code::Cancelled, "it closed its end of the socket");
}

}  // namespace

Status Channel::wait(short events, Deadline until) const {
  if (!until) {
    return {};
  }
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now());
    pollfd poll_for{socket_.descriptor(), events, 0};
    const int ready = ::poll(&poll_for, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30)));
    if (ready > 0) {
      return {};
    }
    if (ready == 0 && left.count() <= 0) {
      return Status(Code::Busy, "the time is over");
    }
    if (ready < 0 && errno != EINTR) {
      return errno_status(errno, "wait for a sandbox worker");
    }
  }
}

Status Channel::send(MessageHead head, ByteView content, std::span<const int> descriptors, Deadline until) {
  if (descriptors.size() > kMaxDescriptors) {
    return Status(Code::Internal, "more descriptors than one message carries");
  }
  head.length = static_cast<std::uint32_t>(content.size());
  const auto head_bytes = encode_head(head);
  Control control;
  std::size_t sent = 0;
  while (sent < kHeadBytes + content.size()) {
    RETURN_IF_ERROR(wait(POLLOUT, until));
    const std::size_t head_left = kHeadBytes - std::min(sent, kHeadBytes);
    const ByteView rest = content.subspan(sent - std::min(sent, kHeadBytes));
    iovec pieces[] = {{const_cast<std::uint8_t*>(head_bytes.data()) + kHeadBytes - head_left, head_left},
                      {const_cast<std::uint8_t*>(rest.data()), rest.size()}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    if (sent == 0 && !descriptors.empty()) {
      attach(message, control, descriptors);
    }
    const ssize_t written = ::sendmsg(socket_.descriptor(), &message, MSG_NOSIGNAL | (until ? MSG_DONTWAIT : 0));
    if (written >= 0) {
      sent += static_cast<std::size_t>(written);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return closed();
    } else if (errno != EINTR && errno != EAGAIN) {
      return errno_status(errno, "send to a sandbox worker");
    }
  }
  return {};
}

Status Channel::receive_all(MutableBytes into, std::vector<File>& files, std::size_t max_files, Deadline until) {
  while (!into.empty()) {
    RETURN_IF_ERROR(wait(POLLIN, until));
    Control control;
    iovec piece{into.data(), into.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    const ssize_t got = ::recvmsg(socket_.descriptor(), &message, MSG_CMSG_CLOEXEC | (until ? MSG_DONTWAIT : 0));
    if (got > 0) {
      take_descriptors(message, files);
      if (files.size() > max_files || (message.msg_flags & MSG_CTRUNC) != 0) {
        return Status(Code::Corrupt, "it sent descriptors that nobody asked for");
      }
      into = into.subspan(static_cast<std::size_t>(got));
    } else if (got == 0 || errno == ECONNRESET) {
      return closed();
    } else if (errno != EINTR && errno != EAGAIN) {
      return errno_status(errno, "receive from a sandbox worker");
    }
  }
  return {};
}

Result<Message> Channel::receive(std::uint32_t limit, std::size_t max_files, Deadline until) {
  Message message;
  std::array<std::uint8_t, kHeadBytes> head{};
  RETURN_IF_ERROR(receive_all(head, message.files, max_files, until));
  TRY_ASSIGN(message.head, decode_head(head, limit));
  message.content.resize(message.head.length);
  RETURN_IF_ERROR(receive_all(message.content, message.files, max_files, until));
  return message;
}

bool Channel::is_disturbed() const {
  pollfd poll_for{socket_.descriptor(), POLLIN, 0};
  return ::poll(&poll_for, 1, 0) != 0;
}

}  // namespace tessera::sandbox
