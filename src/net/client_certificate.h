// ClientCertificate: whom the certificate that a client showed, and that its CA vouches for, names. A value.
#pragma once

#include <memory>
#include <string>
#include <vector>

struct ssl_st;
struct x509_st;

namespace tessera::net {

struct ClientCertificate {
  std::string subject;             // RFC 2253: "CN=scanner-3,O=Pathology"
  std::vector<std::string> names;  // the alternative names, with their kind: "DNS:…", "email:…", "URI:…", "IP:…"
  std::string fingerprint;         // SHA-256 of the certificate, in hex
};

// What the peer of a finished handshake showed; none when nothing, or nothing that was verified.
std::unique_ptr<ClientCertificate> client_certificate_of(ssl_st* ssl);

// Whether its time is over: a resumed session is not verified anew, and may be resumed for ever.
bool client_certificate_expired(const ssl_st* ssl);

// The alternative names, with their kind, as ClientCertificate has them.
std::vector<std::string> alternative_names(const x509_st* certificate);

}  // namespace tessera::net
