#include "net/connection.h"

#include <sys/socket.h>

#include <cstring>

namespace tessera::net {

namespace {

constexpr std::size_t kFirstInput = 4 * 1024;
constexpr std::size_t kMaxTarget = 8 * 1024;
// Once the server is shutting down: for a head that is not complete, and for a peer to take in its last answer.
constexpr std::chrono::milliseconds kDrainGrace{1'000};

std::int64_t steady_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

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

void Connection::start() {
  since_millis_ = loop_.now_millis();
  in_.resize(kFirstInput);
  advance();
}

// Goes on as far as it can without waiting. Answers given inside dispatch are picked up here, not in a recursion.
void Connection::advance() {
  if (advancing_) {
    return;
  }
  advancing_ = true;
  const auto self = shared_from_this();
  while (true) {
    if (state_ == State::Head && take_head()) {
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

// An answer of the server itself.
void Connection::refuse(int status, const std::string& sentence) {
  Response response;
  response.status = status;
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.body = sentence + "\n";
  response.route = "protocol";
  close_after_ = true;
  if (loop_.shared().options.on_protocol_error) {
    loop_.shared().options.on_protocol_error(head_.request, response);
  }
  if (request_id_.empty()) {
    request_id_ = loop_.shared().id_prefix + std::to_string(loop_.shared().next_request.fetch_add(1));
  }
  head_.request.id = request_id_;
  head_.request.peer = peer_;
  answered_ = true;
  take_response(std::move(response));
}

void Connection::respond(Response response) {
  if (loop_.is_own_thread()) {
    if (state_ != State::Closed && !answered_) {
      answered_ = true;
      take_response(std::move(response));
    }
    return;
  }
  // std::function wants copies; a Response has none.
  auto held = std::make_shared<Response>(std::move(response));
  loop_.post([self = shared_from_this(), held] {
    if (self->state_ != State::Closed && !self->answered_) {
      self->answered_ = true;
      self->take_response(std::move(*held));
    }
  });
}

void Connection::abandon() {
  const auto lost = [self = shared_from_this()] {
    if (self->state_ == State::Closed || self->answered_ || self->abort_due_) {
      return;
    }
    self->loop_.shared().log.error("a handler let a request go without an answer", {{"id", self->request_id_}});
    self->answered_ = true;
    Response response;
    response.status = 500;
    response.set("Content-Type", "text/plain; charset=utf-8");
    response.body = std::string("The server failed to answer this request.\n");
    self->take_response(std::move(response));
  };
  loop_.post(lost);
}

void Connection::take_response(Response response) {
  const auto left = static_cast<std::uint64_t>(std::max<std::int64_t>(0, head_.request.content_length));
  if (!body_done_ && state_ == State::Waiting && sink_ == nullptr && !head_.chunked && left <= in_end_ - in_begin_) {
    in_begin_ += static_cast<std::size_t>(left);  // unwanted, small, and here already
    body_done_ = true;
  }
  if (!body_done_) {
    // The rest of the body is unwanted from here on; a sink that is at work on bytes lets go of them first.
    close_after_ = true;
    read_into_ = {};
    abort_body(Status(Code::Cancelled, "the request was answered before its body was complete"));
  }
  ResponseFraming framing;
  framing.head_only = head_.request.method == Method::Head || response.status == 204 || response.status == 304;
  framing.chunked = !head_.http_1_0;
  framing.date = loop_.date();
  framing.request_id = request_id_;
  if (head_.http_1_0 && std::holds_alternative<std::unique_ptr<Stream>>(response.body)) {
    close_after_ = true;  // the end of such a body is the end of the connection
  }
  framing.keep_alive = !close_after_;
  framing.strict_transport =
      tls_ != nullptr ? std::string_view(loop_.shared().options.tls->strict_transport()) : std::string_view();
  status_ = response.status;
  route_ = response.route;
  if (seat_ != nullptr) {
    seat_->answered(head_.request, status_);
  }
  writer_ = std::make_unique<ResponseWriter>(std::move(response), framing);
  state_ = State::Writing;
  since_millis_ = loop_.now_millis();
  continue_writing();
}

void Connection::continue_writing() {
  if (state_ != State::Writing) {
    return;
  }
  const auto self = shared_from_this();
  const auto wait = writer_->run(*transport_, [self] { self->loop_.post([self] { self->continue_writing(); }); });
  if (transport_->sent() != sent_before_) {
    sent_before_ = transport_->sent();
    since_millis_ = loop_.now_millis();
  }
  switch (wait) {
    case ResponseWriter::Wait::Nothing:
      advance();
      return;
    case ResponseWriter::Wait::Writable:
      awaits_room_ = true;
      return;
    case ResponseWriter::Wait::Turn:
      write_deferred_ = true;
      loop_.defer(self);
      return;
    case ResponseWriter::Wait::Source:
      return;
    case ResponseWriter::Wait::Failed:
      cut(Status(Code::Cancelled, "the answer could not be sent"));
      return;
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
  state_ = State::Head;
  since_millis_ = loop_.now_millis();
  if (loop_.shared().draining.load(std::memory_order_relaxed)) {
    close_politely();
  }
}

void Connection::report(bool aborted) {
  const auto& hook = loop_.shared().options.on_access;
  if (!hook) {
    return;
  }
  AccessRecord record;
  record.id = request_id_;
  record.peer = seat_ != nullptr && seat_->behind_proxy() ? std::string_view(seat_->client()) : peer_;
  record.method = head_.request.method_text;
  record.target = head_.request.target;
  record.route = route_;
  record.status = status_;
  record.bytes_in = bytes_in_;
  record.bytes_out = writer_ != nullptr ? writer_->sent() : 0;
  record.micros = static_cast<std::uint64_t>(std::max<std::int64_t>(0, steady_micros() - started_micros_));
  record.aborted = aborted;
  hook(record);
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
