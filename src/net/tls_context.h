// TlsContext: the certificate, key and rules of the port that speaks TLS 1.2 and 1.3. Read from files at start and
// again whenever they change: new handshakes use the new pair, connections that run keep theirs. A pair that does not
// hold together is refused with a sentence, and the old one stays.
//
// Ciphers and groups are those of Mozilla's "intermediate" profile whose key exchange is over elliptic curves; no
// renegotiation, no compression, no early data. Sessions are resumed by tickets, across loops and reloads.
//
// Shared by all loops; safe from many threads. Outlives the connections made from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

struct ssl_ctx_st;

namespace tessera::net {

enum class ClientCertificates : std::uint8_t { None, Optional, Required };

struct TlsOptions {
  std::filesystem::path certificate;  // PEM: the server's own, then the chain up to the root, without it
  std::filesystem::path key;          // PEM, not encrypted, its owner's alone
  bool only_1_3 = false;              // else 1.2 and 1.3
  ClientCertificates client_certificates = ClientCertificates::None;
  std::filesystem::path client_ca;        // PEM: who vouches for clients
  std::uint32_t hsts_seconds = 31536000;  // of Strict-Transport-Security; 0: it is not sent

  bool enabled() const { return !certificate.empty(); }
};

class TicketKeys;

class TlsContext {
 public:
  // InvalidArgument, IoError or NotFound, naming the file, where the pair cannot serve now.
  static Result<std::shared_ptr<TlsContext>> open(TlsOptions options, const Clock& clock);
  ~TlsContext();

  // Reads the files again. True: what they hold is in use; never false.
  Result<bool> reload();
  // The same, where the files changed and have stood still since the last call: it is called every few seconds, and
  // does not see a pair of which one half is replaced. False: they did not.
  Result<bool> reload_if_changed();

  // What new handshakes use.
  std::shared_ptr<ssl_ctx_st> current() const;

  std::int64_t expires_at() const;                                           // seconds since 1970
  bool is_for(const std::string& host) const;                                // a name, or an address in numbers
  std::vector<std::string> names() const;                                    // the hosts it is for, as it has them
  const std::string& strict_transport() const { return strict_transport_; }  // the field's value; empty: none
  bool asks_clients() const { return options_.client_certificates != ClientCertificates::None; }

 private:
  TlsContext(TlsOptions options, const Clock& clock);
  std::string look_at_files() const;  // changes when one of them does

  const TlsOptions options_;
  const Clock& clock_;
  const std::string strict_transport_;
  const std::unique_ptr<TicketKeys> tickets_;  // own lock

  mutable std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> current_;  // guarded by mutex_

  // The reloading thread's own.
  std::string seen_;     // of the files when they were read
  std::string changed_;  // of the files when they were last found to differ
};

}  // namespace tessera::net
