// Server: HTTP/1.1 over TCP, in the clear or through TLS. One event loop per core, each with its own SO_REUSEPORT
// listener; ropes leave by sendfile, bodies arrive in aligned 1 MiB buffers. The only part of the program (with
// server.cc's neighbours) that knows sockets and the HTTP library.
//
// start() listens and returns; shutdown() stops accepting, lets every request in flight finish within the deadline,
// then closes. A head that is not complete is none yet, and a peer that was answered may hold its connection open for
// as long as it likes: both have a second. All callbacks in Options run on loop threads and must not block.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "net/client_limits.h"
#include "net/http.h"
#include "net/tls_context.h"

namespace tessera::net {

// One finished request, for the log line and the metrics.
struct AccessRecord {
  std::string_view id, method, target, route;
  std::string_view peer;  // "192.0.2.7:51234"; without a port where a trusted proxy spoke for it
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t micros = 0;  // from the head's first byte to the last byte handed to the kernel
  bool aborted = false;      // the peer left, or was cut off, before the end
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one; Server::port() tells
  unsigned loops = 0;         // 0: one per core
  std::size_t max_head_bytes =
      32 * 1024;  // request line and fields: above it 431 (414 where the target alone is too long)
  std::size_t max_connections = 10'000;            // above it new ones are accepted and closed with 503
  std::chrono::milliseconds head_timeout{15'000};  // from the first byte of a head to its end: 408
  std::chrono::milliseconds idle_timeout{75'000};  // between requests
  std::chrono::milliseconds body_timeout{30'000};  // without any byte of a body, or any progress of a response
  std::uint64_t min_body_rate = 1024;       // bytes per second, averaged over body_timeout; slower uploads end with 408
  std::uint64_t drain_limit = 1024 * 1024;  // unwanted body bytes read before the connection is closed instead
  std::shared_ptr<TlsContext> tls;          // none: in the clear
  // Of all bodies being received together. Beyond it a body gets a small buffer: slower, never refused.
  std::size_t body_memory = 256 * 1024 * 1024;
  std::shared_ptr<ClientLimits> client_limits;         // none: every client may have everything
  std::function<void(const AccessRecord&)> on_access;  // optional
  // Optional: adds fields (CORS) to answers made by the server itself; the request holds what could be read of it.
  std::function<void(const Request&, Response&)> on_protocol_error;
};

class Server {
 public:
  // `log` is borrowed.
  Server(ServerOptions options, Dispatch dispatch, Log& log);
  ~Server();

  Status start();
  std::uint16_t port() const;
  // Blocks until done or the deadline passed; false when connections had to be cut.
  bool shutdown(std::chrono::milliseconds deadline);
  std::size_t open_connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::net
