// Sockets as the server needs them: addresses in numbers, a listener that shares its port with its siblings, and the
// sockets it accepts. Private to the server. Safe from any thread; a File owns its descriptor.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace tessera::net {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;

  std::uint16_t port() const;
  std::string text() const;  // "127.0.0.1:51234", "::1:51234"; "unknown" for what is no IP address
};

// `host` is an IPv4 or IPv6 address in numbers, or "localhost"; InvalidArgument for anything else.
Result<Endpoint> parse_endpoint(const std::string& host, std::uint16_t port);

// A listener that does not block and shares its port (SO_REUSEPORT): the kernel deals connections out among them.
// Unavailable, with the address, when it cannot be had.
Result<File> listen_on(const Endpoint& endpoint);

// Where `socket` is bound: tells which port 0 became.
Endpoint local_endpoint(const File& socket);

// The next connection, not blocking, without Nagle's delay; nothing when there is none now (errno says why).
File accept_from(const File& listener, Endpoint& peer);

}  // namespace tessera::net
