#include "net/transport.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

namespace tessera::net {

// A read that comes back short has emptied the socket: the next edge tells of more, and no call is spent on finding out
// that there is nothing.
Transport::Received PlainTransport::receive(MutableBytes into) {
  const ssize_t count = ::recv(socket_, into.data(), into.size(), MSG_DONTWAIT);
  return {count, count == static_cast<ssize_t>(into.size())};
}

ssize_t PlainTransport::send(std::string_view bytes, bool more) {
  const ssize_t count =
      ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
  sent_ += count > 0 ? static_cast<std::uint64_t>(count) : 0;
  return count;
}

ssize_t PlainTransport::send_file(int file, std::uint64_t offset, std::size_t length) {
  off_t from = static_cast<off_t>(offset);
  const ssize_t count = ::sendfile(socket_, file, &from, length);
  sent_ += count > 0 ? static_cast<std::uint64_t>(count) : 0;
  return count;
}

}  // namespace tessera::net
