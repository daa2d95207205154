// Receiving a body: into large aligned buffers, handed to the sink full; a sink that pauses stops the reading, and with
// it the peer. Nothing of a body is copied once it is beyond what came with the head.
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "net/connection.h"

namespace tessera::net {

namespace {

constexpr std::size_t kBodyBuffer = 1024 * 1024;  // spec: fast; measured best
constexpr std::size_t kAlignment = 4096;
constexpr std::size_t kSmallBuffer = 16 * 1024;  // to linger with, and where memory for bodies is short

std::size_t aligned(std::uint64_t bytes) {
  const std::uint64_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(rounded, kAlignment, kBodyBuffer));
}

}  // namespace

void Connection::begin_body() {
  state_ = State::Body;
  since_millis_ = loop_.now_millis();
  window_bytes_ = 0;
  chunks_ = ChunkDecoder();
  body_filled_ = 0;
  body_left_ =
      head_.chunked ? UINT64_MAX : static_cast<std::uint64_t>(std::max<std::int64_t>(0, head_.request.content_length));
  continue_due_ = head_.expects_continue && body_left_ > 0;
  if (sink_ == nullptr && (continue_due_ || head_.chunked || body_left_ > loop_.shared().options.drain_limit)) {
    state_ = State::Waiting;  // nobody wants it and it is not worth reading: closed after the answer
    return;
  }
  start_sink();
}

void Connection::start_sink() {
  if (sink_ != nullptr) {
    // Set first: a sink may resume from another thread before on_start() has returned.
    paused_ = true;
    starting_ = sink_->on_start(std::shared_ptr<BodyControl>(shared_from_this())) == Flow::Pause;
    if (starting_) {
      return;
    }
    paused_ = false;
  }
  if (body_left_ == 0) {
    body_complete();
    return;
  }
  if (continue_due_) {
    send_continue();
  }
  receive_body();
}

void Connection::send_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  continue_due_ = false;
  // 25 bytes into an empty send buffer: they fit, or the peer is gone, which the next read will tell.
  (void)transport_->send(kContinue, false);
  (void)transport_->flush();
}

void Connection::allocate_body_buffer() {
  give_back_body_memory();
  ServerShared& shared = loop_.shared();
  body_capacity_ = aligned(body_left_);
  if (shared.body_memory.fetch_add(body_capacity_) + body_capacity_ > shared.options.body_memory) {
    const std::size_t small = std::min(body_capacity_, kSmallBuffer);
    shared.body_memory.fetch_sub(body_capacity_ - small);
    body_capacity_ = small;
  }
  body_charged_ = body_capacity_;
  body_buffer_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, body_capacity_)));
}

// The buffer itself may be a sink's until that resumes, after the connection is closed and the server gone.
void Connection::give_back_body_memory() {
  if (body_charged_ != 0) {
    loop_.shared().body_memory.fetch_sub(body_charged_);
    body_charged_ = 0;
  }
}

// Reads on until the buffer is full or the body complete; what came with the head goes first.
void Connection::receive_body() {
  if (state_ != State::Body || paused_ || body_done_) {
    return;
  }
  if (in_begin_ < in_end_) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(in_.data()) + in_begin_;
    if (head_.chunked) {
      raw_chunks_ = ByteView(first, in_end_ - in_begin_);
      in_begin_ = in_end_;
      deliver_chunked();
      return;
    }
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(in_end_ - in_begin_, body_left_));
    in_begin_ += count;
    bytes_in_ += count;
    if (count == body_left_) {  // all of it is here: no buffer is needed
      body_left_ = 0;
      if (deliver(ByteView(first, count))) {
        body_complete();
      }
      return;
    }
    // The start of a larger one goes to the front of the buffer, so that every piece is full and aligned.
    allocate_body_buffer();
    std::memcpy(body_buffer_.get(), first, count);
    body_filled_ = count;
    body_left_ -= count;
  }
  if (body_buffer_ == nullptr) {
    allocate_body_buffer();
  }
  const std::size_t room = body_capacity_ - body_filled_;
  read_more(MutableBytes(body_buffer_.get() + body_filled_,
                         static_cast<std::size_t>(std::min<std::uint64_t>(room, body_left_))),
            &Connection::on_body_bytes);
}

void Connection::on_body_bytes(std::size_t count) {
  bytes_in_ += count;
  if (head_.chunked) {
    raw_chunks_ = ByteView(body_buffer_.get(), count);
    deliver_chunked();
    return;
  }
  body_filled_ += count;
  body_left_ -= count;
  if (body_left_ > 0 && body_filled_ < body_capacity_) {
    receive_body();
    return;
  }
  const ByteView full(body_buffer_.get(), body_filled_);
  body_filled_ = 0;
  if (!deliver(full)) {
    return;
  }
  if (body_left_ == 0) {
    body_complete();
  } else {
    receive_body();
  }
}

// False when the sink keeps the bytes: on_resume() goes on from there.
bool Connection::deliver(ByteView bytes) {
  if (sink_ == nullptr || bytes.empty()) {
    return true;
  }
  // Set first: a sink may resume from another thread before on_bytes() has returned.
  paused_ = true;
  if (sink_->on_bytes(bytes) == Flow::Pause) {
    return false;
  }
  paused_ = false;
  return state_ == State::Body;
}

// What came is decoded in place and delivered as one piece: a chunk of one byte costs the sink no call of its own, and
// bytes of one large chunk stay where they are.
void Connection::deliver_chunked() {
  std::uint8_t* front = nullptr;
  std::size_t filled = 0;
  do {
    ByteView data;
    chunk_state_ = chunks_.next(raw_chunks_, data);
    if (chunk_state_ == ChunkDecoder::State::Data) {
      front = front == nullptr ? const_cast<std::uint8_t*>(data.data()) : front;  // in a buffer of ours
      if (front + filled != data.data()) {
        std::memmove(front + filled, data.data(), data.size());
      }
      filled += data.size();
    }
  } while (chunk_state_ == ChunkDecoder::State::Data);
  if (deliver(ByteView(front, filled))) {
    after_chunks();
  }
}

void Connection::after_chunks() {
  switch (chunk_state_) {
    case ChunkDecoder::State::Data:
    case ChunkDecoder::State::More:
      receive_body();
      return;
    case ChunkDecoder::State::End:
      // What follows in the same read is the next request, which we do not keep: such a peer gets its answer and a
      // close.
      close_after_ = close_after_ || !raw_chunks_.empty();
      body_complete();
      return;
    case ChunkDecoder::State::Bad:
      abort_body(Status(Code::InvalidArgument, "the chunked body is malformed"));
      if (!answered_) {
        refuse(400, "The chunked body is malformed.");
      }
      return;
  }
}

void Connection::body_complete() {
  body_done_ = true;
  give_back_body_memory();
  body_buffer_.reset();
  state_ = State::Waiting;
  since_millis_ = loop_.now_millis();
  if (sink_ != nullptr) {
    const std::unique_ptr<BodySink> sink = std::move(sink_);
    sink->on_end();
  }
  advance();
}

void Connection::abort_body(const Status& why) {
  if (sink_ == nullptr) {
    return;
  }
  if (paused_) {
    abort_due_ = why;  // the sink has bytes of ours: after its resume
    return;
  }
  abort_due_ = why;  // its Responder goes unused, and that is no defect
  const std::unique_ptr<BodySink> sink = std::move(sink_);
  sink->on_abort(why);
}

void Connection::resume() {
  loop_.post([self = shared_from_this()] { self->on_resume(); });
}

void Connection::on_resume() {
  if (!paused_) {
    return;
  }
  paused_ = false;
  if (abort_due_) {
    abort_body(*abort_due_);
    if (state_ == State::Linger) {
      begin_linger();  // the buffer is ours again
    }
    return;
  }
  if (state_ != State::Body) {
    return;
  }
  since_millis_ = loop_.now_millis();
  window_bytes_ = 0;
  if (starting_) {
    start_sink();
  } else if (head_.chunked) {
    after_chunks();
  } else if (body_left_ == 0) {
    body_complete();
  } else {
    receive_body();
  }
}

// The answer is out. What the peer still sends is read away for a while, so that its kernel does not throw the answer
// away with a reset (RFC 9112 §9.6).
void Connection::begin_linger() {
  if (state_ == State::Closed) {
    return;
  }
  if (state_ != State::Linger) {
    state_ = State::Linger;
    since_millis_ = loop_.now_millis();
    linger_left_ = loop_.shared().options.drain_limit;
    transport_->goodbye();
    ::shutdown(socket_.descriptor(), SHUT_WR);
  }
  if (paused_) {
    return;  // the body buffer is the sink's until it resumes; the time check closes
  }
  if (body_buffer_ == nullptr) {
    body_left_ = kSmallBuffer;
    allocate_body_buffer();
  }
  read_more(MutableBytes(body_buffer_.get(), std::min(body_capacity_, kSmallBuffer)), &Connection::on_linger_bytes);
}

void Connection::on_linger_bytes(std::size_t count) {
  if (count >= linger_left_) {
    close();
    return;
  }
  linger_left_ -= count;
  begin_linger();
}

}  // namespace tessera::net
