#include "net/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

#include "net/ip_address.h"

namespace tessera::net {

namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn

Status cannot_listen(const Endpoint& endpoint, int error) {
  return Status(Code::Unavailable, "listen on " + endpoint.text() + ": " + std::strerror(error));
}

void set_on(const File& socket, int level, int option) {
  const int on = 1;
  (void)::setsockopt(socket.descriptor(), level, option, &on, sizeof on);
}

}  // namespace

std::uint16_t Endpoint::port() const {
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port) : 0;
}

std::string Endpoint::text() const {
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) {
    return "unknown";
  }
  return IpAddress::of(address).text() + ":" + std::to_string(port());
}

Result<Endpoint> parse_endpoint(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string numbers = host == "localhost" ? "127.0.0.1" : host;
  if (::getaddrinfo(numbers.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return Status(Code::InvalidArgument, "listen on '" + host + "': it is no IP address");
  }
  Endpoint endpoint;
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  return endpoint;
}

Result<File> listen_on(const Endpoint& endpoint) {
  File socket(::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) {
    return cannot_listen(endpoint, errno);
  }
  set_on(socket, SOL_SOCKET, SO_REUSEADDR);
  set_on(socket, SOL_SOCKET, SO_REUSEPORT);
  if (::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.length) != 0 ||
      ::listen(socket.descriptor(), kBacklog) != 0) {
    return cannot_listen(endpoint, errno);
  }
  return socket;
}

Endpoint local_endpoint(const File& socket) {
  Endpoint endpoint;
  endpoint.length = sizeof endpoint.address;
  (void)::getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&endpoint.address), &endpoint.length);
  return endpoint;
}

File accept_from(const File& listener, Endpoint& peer) {
  peer.length = sizeof peer.address;
  File socket(::accept4(listener.descriptor(), reinterpret_cast<sockaddr*>(&peer.address), &peer.length,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.is_open()) {
    set_on(socket, IPPROTO_TCP, TCP_NODELAY);
  }
  return socket;
}

}  // namespace tessera::net
