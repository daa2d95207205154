// The part of Connection that answers: from a handler's response, or the server's own, to the bytes and the access
// record.
#include <algorithm>

#include "net/connection.h"

namespace tessera::net {

// An answer of the server itself.
void Connection::refuse(int status, const std::string& sentence) {
  Response response;
  response.status = status;
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.body = sentence + "\n";
  response.route = "protocol";
  response.malformed = true;
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
    seat_->answered(head_.request, response);
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

}  // namespace tessera::net
