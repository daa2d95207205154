#include "net/tls_transport.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace tessera::net {

namespace {

constexpr std::size_t kTogether = 128 * 1024;       // records that leave in one call (spec: fast)
constexpr std::size_t kPiece = 64 * 1024;           // of a file, read and sealed at once: four records
constexpr std::size_t kMostPending = 512 * 1024;    // records of a peer that takes nothing
constexpr std::size_t kReadTurn = 4 * 1024 * 1024;  // wire bytes a receive may take before others have their turn

}  // namespace

TlsTransport::TlsTransport(const TlsContext& context, int socket, std::shared_ptr<TlsWorkspace> workspace)
    : socket_(socket), workspace_(std::move(workspace)), asks_client_(context.asks_clients()) {
  ssl_.reset(SSL_new(context.current().get()));
  BIO* bio = BIO_new(wire());
  if (ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    reason_ = openssl_reason();
    failure_ = ENOMEM;
    return;
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsTransport::~TlsTransport() {
  if (workspace_->owner == this) {
    workspace_->records.clear();
    workspace_->owner = nullptr;
  }
}

BIO_METHOD* TlsTransport::wire() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
    BIO_meth_set_read_ex(made, &TlsTransport::on_read);
    BIO_meth_set_write_ex(made, &TlsTransport::on_write);
    BIO_meth_set_ctrl(made, &TlsTransport::on_control);
    return made;
  }();
  return method;
}

int TlsTransport::on_read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  auto& self = *static_cast<TlsTransport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if ((self.drained_ && !self.peer_done_) || self.turn_left_ == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  ssize_t got = 0;
  do {
    got = ::recv(self.socket_, into, size, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    self.drained_ = true;
    BIO_set_retry_read(bio);
    return 0;
  }
  if (got <= 0) {
    self.wire_ended_ = got == 0;
    return 0;
  }
  *count = static_cast<std::size_t>(got);
  self.drained_ = *count < size;
  self.turn_left_ -= std::min(self.turn_left_, *count);
  if (!self.heard_) {
    self.heard_ = true;
    self.speaks_http_ = into[0] >= 'A' && into[0] <= 'Z';  // a method; TLS begins with 22
  }
  return self.speaks_http_ ? 0 : 1;
}

int TlsTransport::on_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
  auto& self = *static_cast<TlsTransport*>(BIO_get_data(bio));
  TlsWorkspace& workspace = *self.workspace_;
  BIO_clear_retry_flags(bio);
  if (self.pending_.size() - self.pending_at_ > kMostPending / 2) {
    BIO_set_retry_write(bio);  // a peer that asks and asks, and reads nothing of what it gets
    return 0;
  }
  if (workspace.records.empty()) {
    workspace.owner = &self;
  } else if (workspace.owner != &self) {
    std::abort();  // bytes of one peer would go to another
  }
  workspace.records.insert(workspace.records.end(), bytes, bytes + size);
  *count = size;
  return 1;
}

long TlsTransport::on_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// What SSL_read, SSL_write and their like failed for, as errno; 0: the peer said goodbye.
int TlsTransport::take_error(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return turn_left_ == 0 ? EINTR : EAGAIN;
    case SSL_ERROR_WANT_WRITE:
      receive_awaits_room_ = true;
      return EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      return 0;
    default:
      reason_ = openssl_reason();
      if (wire_ended_ && established_) {
        ended_ = true;  // without a goodbye: HTTP's own lengths tell whether anything is missing
        return 0;
      }
      failure_ = speaks_http_ ? EPROTONOSUPPORT : EPROTO;
      return failure_;
  }
}

void TlsTransport::finish_handshake() {
  if (SSL_is_init_finished(ssl_.get()) == 0) {
    return;
  }
  if (asks_client_ && client_certificate_expired(ssl_.get())) {
    reason_ = "the certificate of a resumed session has expired";
    failure_ = EPROTO;
    return;
  }
  client_ = asks_client_ ? client_certificate_of(ssl_.get()) : nullptr;
  established_ = true;
}

Transport::Received TlsTransport::receive(MutableBytes into) {
  if (said_goodbye_) {
    const ssize_t count = ::recv(socket_, into.data(), into.size(), MSG_DONTWAIT);
    return {count, count == static_cast<ssize_t>(into.size())};
  }
  std::size_t filled = 0;
  int stopped = failure_;
  turn_left_ = kReadTurn;
  while (failure_ == 0 && !ended_ && stopped == 0 && filled < into.size()) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + filled, into.size() - filled, &count);
    stopped = result == 1 ? 0 : take_error(result);
    if (!established_ && failure_ == 0) {
      finish_handshake();
    }
    filled += established_ ? count : 0;
  }
  (void)flush();  // what the protocol itself had to say; room for what is left of it is told by on_ready()
  if (receive_awaits_room_ && pending_.empty()) {
    receive_awaits_room_ = false;
    stopped = EINTR;
  }
  if (filled > 0) {
    return {static_cast<ssize_t>(filled), stopped != EAGAIN};
  }
  if (ended_) {
    return {};
  }
  errno = failure_ != 0 ? failure_ : stopped;
  return {-1, false};
}

// Into records of the workspace, whole.
bool TlsTransport::seal(ByteView bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    if (result != 1) {
      errno = take_error(result);
      return false;
    }
    bytes = bytes.subspan(count);
  }
  return true;
}

ssize_t TlsTransport::send(std::string_view bytes, bool) {
  if (!pending_.empty() && !flush()) {
    return -1;
  }
  const ByteView piece = as_bytes(bytes.substr(0, kTogether));
  if (!seal(piece)) {
    return -1;
  }
  if (workspace_->records.size() >= kTogether && !flush() && errno != EAGAIN) {
    return -1;
  }
  return static_cast<ssize_t>(piece.size());
}

ssize_t TlsTransport::send_file(int file, std::uint64_t offset, std::size_t length) {
  if (!pending_.empty() && !flush()) {
    return -1;
  }
  workspace_->plain.resize(kPiece);
  std::size_t taken = 0;
  while (taken < length && pending_.empty()) {
    const ssize_t got =
        ::pread(file, workspace_->plain.data(), std::min(kPiece, length - taken), static_cast<off_t>(offset + taken));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return taken > 0 ? static_cast<ssize_t>(taken) : got;
    }
    if (!seal(ByteView(workspace_->plain.data(), static_cast<std::size_t>(got)))) {
      return -1;
    }
    taken += static_cast<std::size_t>(got);
    if (workspace_->records.size() >= kTogether && !flush() && errno != EAGAIN) {
      return -1;
    }
  }
  return static_cast<ssize_t>(taken);
}

bool TlsTransport::flush() {
  ByteBuffer& records = workspace_->records;
  const bool ours = workspace_->owner == this && !records.empty();
  if (!pending_.empty() && ours) {
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(pending_at_));
    pending_at_ = 0;
    pending_.insert(pending_.end(), records.begin(), records.end());
  }
  const bool from_pending = !pending_.empty();
  ByteView left = from_pending ? ByteView(pending_).subspan(pending_at_) : ours ? ByteView(records) : ByteView();
  int error = 0;
  while (!left.empty() && error == 0) {
    const ssize_t count = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      left = left.subspan(static_cast<std::size_t>(count));
      sent_ += static_cast<std::uint64_t>(count);
    } else if (errno != EINTR) {
      error = errno == EWOULDBLOCK ? EAGAIN : errno;
    }
  }
  if (from_pending) {
    pending_at_ = pending_.size() - left.size();
    if (left.empty()) {
      pending_ = {};
      pending_at_ = 0;
    }
  } else if (!left.empty()) {
    pending_.assign(left.begin(), left.end());
  }
  if (ours) {
    records.clear();
    workspace_->owner = nullptr;
  }
  if (error != 0 && error != EAGAIN) {
    failure_ = error;
  }
  errno = error;
  return error == 0;
}

bool TlsTransport::on_ready(std::uint32_t epoll_events) {
  peer_done_ = peer_done_ || (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if ((epoll_events & EPOLLIN) != 0 || peer_done_) {
    drained_ = false;
  }
  if ((epoll_events & EPOLLOUT) == 0 || pending_.empty() || !flush()) {
    return false;
  }
  return std::exchange(receive_awaits_room_, false);
}

// Not after a failure, and never where an answer was cut off: its end would look like the end of the message.
void TlsTransport::goodbye() {
  if (established_ && failure_ == 0 && !said_goodbye_) {
    ERR_clear_error();
    (void)SSL_shutdown(ssl_.get());
    ERR_clear_error();
    (void)flush();
  }
  said_goodbye_ = true;
}

}  // namespace tessera::net
