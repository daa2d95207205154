// TlsTransport: the bytes of a connection through TLS. Private to the server; on the loop's thread.
//
// OpenSSL never touches the socket: records are collected in memory that the loop's connections share, and leave many
// at once; only what the socket does not take is kept by the connection (at most kMostPending), until it does. An idle
// connection holds no buffer. The handshake is a receive like any other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/client_certificate.h"
#include "net/openssl.h"
#include "net/tls_context.h"
#include "net/transport.h"

namespace tessera::net {

class TlsTransport;

// What the TLS connections of one loop share: none of it outlives a turn of one of them.
struct TlsWorkspace {
  ByteBuffer records;                   // sealed, not yet with the kernel
  const TlsTransport* owner = nullptr;  // whose records they are
  ByteBuffer plain;                     // a piece of a file on its way
};

class TlsTransport final : public Transport {
 public:
  // `context` is borrowed. The workspace is shared, as a connection may outlive its loop in an answer's hands.
  TlsTransport(const TlsContext& context, int socket, std::shared_ptr<TlsWorkspace> workspace);
  ~TlsTransport() override;

  Received receive(MutableBytes into) override;
  ssize_t send(std::string_view bytes, bool more) override;
  ssize_t send_file(int file, std::uint64_t offset, std::size_t length) override;
  std::size_t file_step() const override { return 1024 * 1024; }
  bool flush() override;
  std::uint64_t sent() const override { return sent_; }
  bool on_ready(std::uint32_t epoll_events) override;
  bool established() const override { return established_; }
  void goodbye() override;
  const ClientCertificate* client_certificate() override { return client_.get(); }

  // Why the last call failed, for the log.
  const std::string& reason() const { return reason_; }

 private:
  // OpenSSL's view of the wire (BIO_meth_new(3)).
  static BIO_METHOD* wire();
  static int on_read(BIO* bio, char* into, std::size_t size, std::size_t* count);
  static int on_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count);
  static long on_control(BIO* bio, int command, long number, void* pointer);

  int take_error(int result);
  void finish_handshake();
  bool seal(ByteView bytes);

  const int socket_;
  const std::shared_ptr<TlsWorkspace> workspace_;
  const bool asks_client_;
  SslPtr ssl_;
  std::unique_ptr<ClientCertificate> client_;
  bool established_ = false;
  bool said_goodbye_ = false;
  bool heard_ = false;        // a first byte came
  bool speaks_http_ = false;  // and it was no TLS
  bool drained_ = false;      // the kernel has no more bytes: no call is spent on hearing it again
  bool peer_done_ = false;
  bool wire_ended_ = false;  // the socket gave its last byte
  bool receive_awaits_room_ = false;
  int failure_ = 0;            // errno of what ended the connection; 0: it goes on
  bool ended_ = false;         // the peer said that all was said
  std::size_t turn_left_ = 0;  // bytes that this receive may still take from the kernel
  std::string reason_;
  std::vector<std::uint8_t> pending_;  // records that the socket did not take
  std::size_t pending_at_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace tessera::net
