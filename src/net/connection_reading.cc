// Readiness and reading: what the kernel said of the socket is remembered until a call contradicts it, because edges
// come once; bytes go where the state asked for them.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/connection.h"

namespace tessera::net {

namespace {

constexpr std::size_t kReadTurn = 4 * 1024 * 1024;  // so that one fast peer does not hold the loop

}  // namespace

void Connection::on_ready(std::uint32_t epoll_events) {
  const auto self = shared_from_this();
  peer_done_ = peer_done_ || (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  readable_ = readable_ || peer_done_ || (epoll_events & EPOLLIN) != 0;
  if (awaits_room_ && (epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    awaits_room_ = false;
    continue_writing();
  }
  read_what_is_there();
}

void Connection::go_on() {
  if (write_deferred_) {
    write_deferred_ = false;
    continue_writing();
  }
  read_what_is_there();
}

// `then` is called later, never from here, with at least one byte. A read that was wanted before is not any more.
void Connection::read_more(MutableBytes into, Taker then) {
  read_into_ = into;
  read_then_ = then;
  if (readable_ && !reading_now_) {
    loop_.defer(shared_from_this());
  }
}

// Reads for as long as bytes are wanted and there. A read that comes back short has emptied the socket: the next edge
// tells of more, and no call is spent on finding out that there is nothing.
void Connection::read_what_is_there() {
  if (reading_now_) {
    return;
  }
  reading_now_ = true;
  std::size_t turn = 0;
  while (readable_ && !read_into_.empty() && state_ != State::Closed) {
    const ssize_t count = ::recv(socket_.descriptor(), read_into_.data(), read_into_.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      readable_ = false;
      break;
    }
    if (count <= 0) {
      cut(Status(Code::Cancelled, "the peer went away"));
      break;
    }
    const auto got = static_cast<std::size_t>(count);
    readable_ = peer_done_ || got == read_into_.size();
    read_into_ = {};
    window_bytes_ += got;
    turn += got;
    (this->*read_then_)(got);
    if (turn >= kReadTurn && readable_ && !read_into_.empty() && state_ != State::Closed) {
      loop_.defer(shared_from_this());
      break;
    }
  }
  reading_now_ = false;
}

}  // namespace tessera::net
