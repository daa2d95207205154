// Readiness and reading: what the kernel said of the socket is remembered until a call contradicts it, because edges
// come once; bytes go where the state asked for them.
#include <sys/epoll.h>

#include <cerrno>

#include "net/connection.h"

namespace tessera::net {

namespace {

constexpr std::size_t kReadTurn = 4 * 1024 * 1024;  // so that one fast peer does not hold the loop

}  // namespace

void Connection::on_ready(std::uint32_t epoll_events) {
  const auto self = shared_from_this();
  peer_done_ = peer_done_ || (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  const bool resumes = transport_->on_ready(epoll_events);
  readable_ = readable_ || resumes || peer_done_ || (epoll_events & EPOLLIN) != 0;
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

// Reads for as long as bytes are wanted and there.
void Connection::read_what_is_there() {
  if (reading_now_) {
    return;
  }
  reading_now_ = true;
  std::size_t turn = 0;
  while (readable_ && !read_into_.empty() && state_ != State::Closed) {
    const Transport::Received received = transport_->receive(read_into_);
    if (received.count <= 0) {
      receive_failed(received.count == 0 ? 0 : errno);
      break;
    }
    const auto got = static_cast<std::size_t>(received.count);
    readable_ = peer_done_ || received.more;
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

// `error`: errno; 0: the peer said all it had to say.
void Connection::receive_failed(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) {
    readable_ = false;
  } else if (error == EINTR) {
    loop_.defer(shared_from_this());
  } else if (error == EPROTONOSUPPORT && tls_ != nullptr) {
    read_into_ = {};
    answer_plain_http();
  } else {
    if (error != 0 && !transport_->established()) {
      loop_.shared().log.debug("a TLS handshake failed", {{"peer", peer_}, {"why", tls_->reason()}});
    }
    cut(Status(Code::Cancelled, "the peer went away"));
  }
}

}  // namespace tessera::net
