#include "net/connection.h"

#include <sys/socket.h>

#include <cstring>

namespace tessera::net {

namespace {

constexpr std::size_t kFirstInput = 4 * 1024;
constexpr std::size_t kMaxTarget = 8 * 1024;
// Once the server is shutting down: for a head that is not complete, and for a peer to take in its last answer.
constexpr std::chrono::milliseconds kDrainGrace{1'000};

// A client's own id, if it is one that logs can carry.
bool is_request_id(std::string_view text) {
  if (text.empty() || text.size() > 64) {
    return false;
  }
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!plain) {
      return false;
    }
  }
  return true;
}

}  // namespace

Connection::Connection(Loop& loop, File socket, std::string peer, std::unique_ptr<ClientSeat> seat)
    : loop_(loop),
      socket_(std::move(socket)),
      plain_(socket_.descriptor()),
      tls_(loop.tls_transport(socket_.descriptor())),
      transport_(tls_ != nullptr ? static_cast<Transport*>(tls_.get()) : &plain_),
      peer_(std::move(peer)),
      seat_(std::move(seat)) {}

Connection::~Connection() = default;

std::int64_t Connection::steady_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Connection::start() {
  in_.resize(kFirstInput);
  await_head();
  advance();
}

void Connection::await_head() {
  state_ = State::Head;
  since_millis_ = loop_.now_millis();
  resting_ = seat_ != nullptr && seat_->must_rest();
}

// Goes on as far as it can without waiting. Answers given inside dispatch are picked up here, not in a recursion.
void Connection::advance() {
  if (advancing_) {
    return;
  }
  advancing_ = true;
  const auto self = shared_from_this();
  while (true) {
    if (state_ == State::Head && !resting_ && take_head()) {
      continue;
    }
    if (state_ == State::Writing && writer_ != nullptr && writer_->done()) {
      finish_exchange();
      continue;
    }
    break;
  }
  advancing_ = false;
}

// True when the state moved on.
bool Connection::take_head() {
  const std::string_view bytes(in_.data() + in_begin_, in_end_ - in_begin_);
  const std::size_t length = find_head_end(bytes, head_scanned_);
  if (length == 0 || length > loop_.shared().options.max_head_bytes) {
    head_scanned_ = bytes.size();
    if (bytes.size() >= loop_.shared().options.max_head_bytes || length != 0) {
      const bool in_target = bytes.find('\n') == bytes.npos;
      head_ = Head();
      refuse(in_target ? 414 : 431, in_target ? "The request target is longer than this server reads."
                                              : "The request's fields are larger than " +
                                                    std::to_string(loop_.shared().options.max_head_bytes) + " bytes.");
      return true;
    }
    if (in_begin_ > 0) {
      std::memmove(in_.data(), in_.data() + in_begin_, bytes.size());
      in_begin_ = 0;
      in_end_ = bytes.size();
    }
    if (in_end_ == in_.size()) {
      in_.resize(in_.size() * 2);
    }
    read_more(MutableBytes(reinterpret_cast<std::uint8_t*>(in_.data()) + in_end_, in_.size() - in_end_),
              &Connection::on_head_bytes);
    return false;
  }
  head_scanned_ = 0;
  started_micros_ = steady_micros();
  head_ = Head();
  std::string why;
  const int refused = parse_head(bytes.substr(0, length), head_, why);
  in_begin_ += length;
  bytes_in_ = length;
  if (refused != 0) {
    refuse(refused, why);
  } else if (head_.request.target.size() > kMaxTarget) {
    refuse(414, "The request target is longer than 8 KiB.");
  } else {
    dispatch_head();
  }
  return true;
}

void Connection::on_head_bytes(std::size_t count) {
  if (in_end_ == in_begin_) {
    since_millis_ = loop_.now_millis();  // the head's first byte: its own time begins
  }
  in_end_ += count;
  advance();
}

void Connection::dispatch_head() {
  ServerShared& shared = loop_.shared();
  Request& request = head_.request;
  request.peer = peer_;
  request.client = seat_ != nullptr ? seat_->client() : std::string_view(peer_).substr(0, peer_.rfind(':'));
  const std::string_view offered = request.field("X-Request-Id");
  if (is_request_id(offered)) {
    request_id_ = offered;
  } else {
    request_id_ = shared.id_prefix + std::to_string(shared.next_request.fetch_add(1, std::memory_order_relaxed));
  }
  request.id = request_id_;
  request.secure = tls_ != nullptr;
  request.client_certificate = transport_->client_certificate();
  close_after_ = !head_.keep_alive || shared.draining.load(std::memory_order_relaxed);
  answered_ = false;
  abort_due_.reset();
  body_done_ = !request.has_body;
  state_ = State::Waiting;
  if (std::optional<Response> refusal = seat_ != nullptr ? seat_->begin(request) : std::nullopt) {
    if (shared.options.on_protocol_error) {
      shared.options.on_protocol_error(request, *refusal);
    }
    answered_ = true;
    take_response(std::move(*refusal));
    return;
  }
  std::unique_ptr<BodySink> sink = shared.dispatch(request, Responder(shared_from_this()));
  if (state_ == State::Closed) {
    return;
  }
  if (sink != nullptr && !answered_) {
    sink_ = std::move(sink);
    begin_body();
  } else if (!body_done_ && !answered_) {
    begin_body();  // unwanted: read away while the answer is being made
  }
}

void Connection::finish_exchange() {
  report(false);
  writer_.reset();
  request_id_.clear();
  if (seat_ != nullptr) {
    seat_->end();
  }
  if (!body_done_ || close_after_) {
    begin_linger();
    return;
  }
  head_ = Head();
  if (in_begin_ == in_end_ && in_.size() > kFirstInput) {  // a large head was here: idle connections are small
    in_ = std::string(kFirstInput, '\0');
    in_begin_ = in_end_ = 0;
  }
  await_head();
  if (loop_.shared().draining.load(std::memory_order_relaxed)) {
    close_politely();
  }
}

void Connection::close_if_idle() {
  if (state_ == State::Head && in_begin_ == in_end_) {
    close_politely();
  }
}

void Connection::cut(const Status& why) {
  if (state_ == State::Closed) {
    return;
  }
  if (state_ == State::Head) {
    transport_->goodbye();
  } else if (state_ != State::Linger) {
    status_ = state_ == State::Writing ? status_ : 499;  // the peer left before an answer
    report(true);
  }
  const auto self = shared_from_this();
  close();
  abort_body(why);
}

void Connection::close() {
  state_ = State::Closed;
  writer_.reset();
  read_into_ = {};
  give_back_body_memory();
  if (seat_ != nullptr) {
    seat_->leave();
  }
  socket_.close();
  loop_.forget(shared_from_this());
}

void Connection::close_politely() {
  transport_->goodbye();
  close();
}

// A browser that was sent to http:// where https:// is spoken: it is told so in its own words.
void Connection::answer_plain_http() {
  tls_.reset();
  transport_ = &plain_;
  head_ = Head();
  started_micros_ = steady_micros();
  refuse(400, "This port speaks HTTPS; the address begins with https://.");
}

void Connection::check_time() {
  const ServerOptions& options = loop_.shared().options;
  const auto waited = std::chrono::milliseconds(loop_.now_millis() - since_millis_);
  const auto self = shared_from_this();
  if (loop_.shared().draining.load(std::memory_order_relaxed) && waited > kDrainGrace &&
      (state_ == State::Head || state_ == State::Linger)) {
    cut(Status(Code::Cancelled, "the server is shutting down"));
    return;
  }
  switch (state_) {
    case State::Head:
      if (resting_) {
        await_head();
        advance();
        return;
      }
      if (!transport_->established()) {
        if (waited > options.head_timeout) {
          close();
        }
        return;
      }
      if (in_begin_ == in_end_ ? waited > options.idle_timeout : waited > options.head_timeout) {
        if (in_begin_ == in_end_) {
          close_politely();
        } else {
          refuse(408, "The request's head took too long to arrive.");
        }
      }
      return;
    case State::Body:
      if (paused_ || waited <= options.body_timeout) {
        return;
      }
      if (window_bytes_ < options.min_body_rate * static_cast<std::uint64_t>(waited.count()) / 1000) {
        body_done_ = false;
        abort_body(Status(Code::Cancelled, "the body arrives too slowly"));
        if (!answered_) {
          refuse(408, "The request's body arrives too slowly.");
        }
        return;
      }
      since_millis_ = loop_.now_millis();
      window_bytes_ = 0;
      return;
    case State::Writing:
    case State::Linger:
      if (waited > options.body_timeout) {
        cut(Status(Code::Cancelled, "the peer takes no more of the answer"));
      }
      return;
    case State::Waiting:
    case State::Closed:
      return;
  }
}

}  // namespace tessera::net
