// HTTP as handlers see it: requests, responses and the body that is pushed. No version, connection, socket or reason
// phrase, so that HTTP/2 and TLS come without touching a handler.
//
// The walk of a request: the server reads the head, then calls the application's Dispatch once, on an I/O loop thread.
// Dispatch decides from the head alone (route, authorisation) and either answers through the Responder, or keeps the
// Responder to answer later, and returns a BodySink when it wants the body. Only then is "100 Continue" sent.
// Handlers never block the loop: what may block goes to a Pool and answers through the Responder from there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/rope.h"
#include "net/client_certificate.h"

namespace tessera::net {

enum class Method : std::uint8_t { Get, Head, Post, Put, Delete, Options, Patch, Other };
std::string_view method_name(Method method);

// Views into the connection's buffer: valid until the response was sent or the Responder destroyed.
// Repeated fields stay separate, in order. Lookups ignore case.
struct Request {
  Method method = Method::Get;
  std::string_view method_text;  // as sent, for Other
  std::string_view target;       // as sent: "/dicom-web/studies?limit=5"
  std::string_view path;         // without query, still percent-encoded
  std::string_view query;        // after '?', still encoded; empty when none
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  std::string_view peer;    // "127.0.0.1:51234"
  std::string_view client;  // "192.0.2.7": the peer, or whom a trusted proxy speaks for
  std::string_view id;      // the request id of log line and X-Request-Id
  bool secure = false;      // arrived over TLS
  // Who the client proved to be by a certificate; none: it did not, or was not asked.
  const ClientCertificate* client_certificate = nullptr;
  std::int64_t content_length = -1;  // -1: none stated (no body, or chunked)
  bool has_body = false;

  // First field of that name; empty when absent.
  std::string_view field(std::string_view name) const;
  bool has_field(std::string_view name) const;
};

struct Response {
  int status = 200;
  // Content-Length, Date, Connection, X-Request-Id and X-Content-Type-Options are the server's, and so is the
  // Content-Security-Policy (nothing may run or be framed) where the handler sets none.
  std::vector<std::pair<std::string, std::string>> fields;
  // Nothing, text, bytes of known length, or a stream of unknown length.
  std::variant<std::monostate, std::string, Rope, std::unique_ptr<Stream>> body;
  std::string_view route = "";  // a string literal: the label of metrics and log lines
  bool malformed = false;  // to a request that no working client sends: of too many of those, the client is held up

  Response& set(std::string name, std::string value) {
    fields.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

// The right, and the duty, to answer one request. Move-only; may be moved to and used from any thread, once.
// Destroyed unused, it answers 500 and logs a defect.
class Responder {
 public:
  class Target {
   public:
    virtual ~Target() = default;
    virtual void respond(Response response) = 0;
    // The Responder went away unused: a defect, unless the request was aborted.
    virtual void abandon() = 0;
  };

  Responder() = default;
  explicit Responder(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&& other) {
    Responder old(std::move(*this));
    target_ = std::move(other.target_);
    return *this;
  }
  ~Responder();

  void send(Response response);
  explicit operator bool() const { return target_ != nullptr; }

 private:
  std::shared_ptr<Target> target_;
};

// For a std::function, which wants copies of what it holds: a Responder has none.
inline std::shared_ptr<Responder> share(Responder responder) {
  return std::make_shared<Responder>(std::move(responder));
}

// How a sink that said Pause lets the body go on. Callable from any thread; harmless after the end.
class BodyControl {
 public:
  virtual ~BodyControl() = default;
  virtual void resume() = 0;
};

enum class Flow { Continue, Pause };

// Where a request's body goes. Called on the connection's loop thread, one call at a time:
//   on_start, then on_bytes*, then exactly one of on_end and on_abort.
// on_start may Pause, too (who asks is not known yet): then not even "100 Continue" is sent, and after resume() it is
// called again, until it says Continue.
// After Pause the bytes of that call stay valid and nothing more is called until resume(): a sink hands them to a pool
// thread and resumes from there. Pieces are up to 1 MiB. on_abort says that no more will come (peer gone, too slow,
// malformed, shutting down) and, when it arrives during a pause, waits for the resume. The sink is destroyed after it.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Flow on_start(std::shared_ptr<BodyControl> control) {
    (void)control;
    return Flow::Continue;
  }
  virtual Flow on_bytes(ByteView bytes) = 0;
  virtual void on_end() = 0;
  virtual void on_abort(const Status& why) { (void)why; }
};

// A body of at most `limit` bytes, whole, handed to `then` on the loop thread; a longer one answers 413 by itself.
// `then` gets the responder back.
std::unique_ptr<BodySink> buffered_body(std::size_t limit, Responder responder,
                                        std::function<void(std::string body, Responder responder)> then);

// Returns the sink for the body, or nothing: then the body is not wanted (it is drained if small, else the connection
// closes after the response).
using Dispatch = std::function<std::unique_ptr<BodySink>(const Request& request, Responder responder)>;

}  // namespace tessera::net
