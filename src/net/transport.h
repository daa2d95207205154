// Transport: how the bytes of a connection pass: by the socket's own calls, or through TLS on the same descriptor.
// Private to the server; on the loop's thread; nothing blocks. The descriptor is the connection's.
//
// Failures are told as the kernel tells them, by errno: EAGAIN is no failure, but a reason to wait for on_ready().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace tessera::net {

struct ClientCertificate;

class Transport {
 public:
  struct Received {
    ssize_t count = 0;  // 0: the peer will send no more; -1: see errno
    bool more = false;  // another call may give bytes, though the kernel tells of no new ones
  };

  virtual ~Transport() = default;

  // errno also EINTR: others have their turn first; EPROTONOSUPPORT: the peer does not speak TLS, but HTTP.
  virtual Received receive(MutableBytes into) = 0;

  // How many bytes were taken. `more`: others follow at once, and both may leave together.
  virtual ssize_t send(std::string_view bytes, bool more) = 0;

  // As sendfile(2): `length` at most file_step(), so that one fast peer does not hold the loop; 0: the file ends.
  virtual ssize_t send_file(int file, std::uint64_t offset, std::size_t length) = 0;
  virtual std::size_t file_step() const = 0;

  // What was taken goes to the kernel; false: not all of it did (EAGAIN), or the peer is gone. Called before any wait.
  virtual bool flush() = 0;

  // Bytes of this side that the kernel has taken so far: whether there is progress.
  virtual std::uint64_t sent() const = 0;

  // What epoll told. True: a receive that had to wait may go on, though nothing arrived.
  virtual bool on_ready(std::uint32_t epoll_events) = 0;

  // Whether requests can come yet.
  virtual bool established() const = 0;

  // Tells the peer that all was said; only receive() is called from then on, to read away what still comes.
  virtual void goodbye() = 0;

  // Who the peer proved to be; none: it did not. Lives as long as the transport.
  virtual const ClientCertificate* client_certificate() { return nullptr; }
};

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket) : socket_(socket) {}

  Received receive(MutableBytes into) override;
  ssize_t send(std::string_view bytes, bool more) override;
  ssize_t send_file(int file, std::uint64_t offset, std::size_t length) override;
  std::size_t file_step() const override { return 8 * 1024 * 1024; }
  bool flush() override { return true; }
  std::uint64_t sent() const override { return sent_; }
  bool on_ready(std::uint32_t) override { return false; }
  bool established() const override { return true; }
  void goodbye() override {}

 private:
  const int socket_;
  std::uint64_t sent_ = 0;
};

}  // namespace tessera::net
