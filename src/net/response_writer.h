// ResponseWriter: one response on its way out: the head, then ropes by sendfile, everything else by reading. Private to
// the server; on the loop's thread.
//
// run() sends as much as the socket takes and says what it waits for; whoever calls it waits and calls again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/rope.h"
#include "net/http.h"
#include "net/transport.h"

namespace tessera::net {

struct ResponseFraming {
  bool head_only = false;  // HEAD, 304, 204
  bool chunked = false;    // a stream to an HTTP/1.1 peer
  bool keep_alive = true;
  std::string_view date;
  std::string_view request_id;
  std::string_view strict_transport;  // the value of Strict-Transport-Security; empty: not sent
};

class ResponseWriter {
 public:
  enum class Wait { Nothing, Writable, Turn, Source, Failed };

  ResponseWriter(Response response, const ResponseFraming& framing);

  // Nothing: the whole response is in the kernel's hands. Writable: the socket is full, and will say when it is not.
  // Turn: it could go on, after others had their turn. Source: `resume` will be called, on any thread, when bytes that
  // must be read have come. Failed: the peer is gone or a source broke; the connection must close.
  Wait run(Transport& out, const std::function<void()>& resume);

  bool done() const { return done_; }
  std::uint64_t sent() const { return sent_; }
  int status() const { return response_.status; }

 private:
  struct Fetch;

  void write_head(const ResponseFraming& framing);
  Wait go_on(Transport& out, const std::function<void()>& resume);
  Wait send_pieces(Transport& out, const std::function<void()>& resume);
  Wait send_file(Transport& out, const SourceRange& range);
  Wait send_buffered(Transport& out, bool more);
  Wait fetch_range(const SourceRange& range, const std::function<void()>& resume);
  Wait pull_stream(const std::function<void()>& resume);
  Wait take_fetched();

  Response response_;
  Rope rope_;
  std::unique_ptr<Stream> stream_;
  std::string out_;  // bytes to send next: the head, inline pieces, fetched bytes
  std::size_t out_at_ = 0;
  std::size_t piece_ = 0;         // of rope_
  std::uint64_t piece_at_ = 0;    // bytes of that piece taken
  std::shared_ptr<Fetch> fetch_;  // shared with the read under way: the writer may go first
  bool one_segment_ = false;      // head and body fit into one
  bool chunked_ = false;
  bool done_ = false;
  std::uint64_t sent_ = 0;
};

// "200 OK"; a number without a phrase keeps an empty one.
std::string_view reason_phrase(int status);

}  // namespace tessera::net
