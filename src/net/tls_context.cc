#include "net/tls_context.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "net/client_certificate.h"
#include "net/openssl.h"
#include "net/tls_files.h"
#include "net/tls_tickets.h"

namespace tessera::net {

namespace {

// Mozilla's "intermediate" (guideline 5.7) without its ciphers of finite-field Diffie-Hellman: every client of TLS 1.2
// that DICOMweb has can do without, and they cost the server more than the peer.
constexpr char kCiphers12[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kCiphers13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kGroups[] = "X25519:prime256v1:secp384r1";
constexpr std::size_t kReadAhead = 64 * 1024;  // four records a call to the kernel
constexpr long kCachedSessions = 4096;         // of TLS 1.2 peers that know no tickets

// What is spoken above TLS, the best first, as ALPN has it. HTTP/2 will be a row of this.
constexpr unsigned char kProtocols[] = "\x08http/1.1\x08http/1.0";

int choose_protocol(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* offered,
                    unsigned offered_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, length, kProtocols, sizeof kProtocols - 1, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Status failed(std::string_view what) {
  return Status(Code::InvalidArgument, "TLS: " + std::string(what) + ": " + openssl_reason());
}

Status set_rules(SSL_CTX* context, const TlsOptions& options) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAhead);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(context, kCachedSessions);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  const bool set = SSL_CTX_set_min_proto_version(context, options.only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_cipher_list(context, kCiphers12) == 1 &&
                   SSL_CTX_set_ciphersuites(context, kCiphers13) == 1 &&
                   SSL_CTX_set1_groups_list(context, kGroups) == 1;
  return set ? Status() : failed("set versions and ciphers");
}

Status set_pair(SSL_CTX* context, const TlsOptions& options, std::int64_t now_seconds) {
  TRY_ASSIGN(const ServerPair pair, read_server_pair(options.certificate, options.key, now_seconds));
  bool set = SSL_CTX_use_certificate(context, pair.chain.front().get()) == 1 &&
             SSL_CTX_use_PrivateKey(context, pair.key.get()) == 1;
  for (std::size_t i = 1; set && i < pair.chain.size(); ++i) {
    set = SSL_CTX_add1_chain_cert(context, pair.chain[i].get()) == 1;
  }
  return set ? Status() : failed("use tls.certificate '" + options.certificate.string() + "'");
}

// A session is resumed only where the same CAs vouch for clients under the same rule: this is what it is bound to.
Status bind_sessions(SSL_CTX* context, const TlsOptions& options, const std::vector<X509Ptr>& client_ca) {
  std::string rule = std::to_string(static_cast<int>(options.client_certificates));
  for (const X509Ptr& certificate : client_ca) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    X509_digest(certificate.get(), EVP_sha256(), digest, &length);
    rule.append(reinterpret_cast<const char*>(digest), length);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  const bool set = EVP_Digest(rule.data(), rule.size(), digest, &length, EVP_sha256(), nullptr) == 1 &&
                   SSL_CTX_set_session_id_context(context, digest, length) == 1;
  return set ? Status() : failed("bind sessions");
}

Status set_client_rule(SSL_CTX* context, const TlsOptions& options) {
  std::vector<X509Ptr> authorities;
  if (options.client_certificates != ClientCertificates::None) {
    TRY_ASSIGN(authorities, read_certificates(options.client_ca, "tls.client_ca"));
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);  // who is in the file is trusted, root or not
    for (const X509Ptr& certificate : authorities) {
      if (X509_STORE_add_cert(store, certificate.get()) != 1 ||
          SSL_CTX_add_client_CA(context, certificate.get()) != 1) {
        return failed("trust tls.client_ca '" + options.client_ca.string() + "'");
      }
    }
    const bool required = options.client_certificates == ClientCertificates::Required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  }
  return bind_sessions(context, options, authorities);
}

Result<std::shared_ptr<SSL_CTX>> make_context(const TlsOptions& options, TicketKeys& tickets, const Clock& clock) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) {
    return failed("start");
  }
  RETURN_IF_ERROR(set_rules(context.get(), options));
  RETURN_IF_ERROR(set_pair(context.get(), options, clock.wall_millis() / 1000));
  RETURN_IF_ERROR(set_client_rule(context.get(), options));
  tickets.serve(context.get());
  return context;
}

}  // namespace

TlsContext::TlsContext(TlsOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      strict_transport_(options_.hsts_seconds == 0 ? "" : "max-age=" + std::to_string(options_.hsts_seconds)),
      tickets_(std::make_unique<TicketKeys>(clock)) {}

TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::open(TlsOptions options, const Clock& clock) {
  std::shared_ptr<TlsContext> context(new TlsContext(std::move(options), clock));
  RETURN_IF_ERROR(context->reload().status());
  return context;
}

// The files are looked at before they are read: what changes in between is found changed the next time.
Result<bool> TlsContext::reload() {
  seen_ = changed_ = look_at_files();
  TRY_ASSIGN(std::shared_ptr<SSL_CTX> fresh, make_context(options_, *tickets_, clock_));
  std::lock_guard lock(mutex_);
  current_ = std::move(fresh);
  return true;
}

Result<bool> TlsContext::reload_if_changed() {
  std::string now = look_at_files();
  if (now == seen_) {
    return false;
  }
  if (now != changed_) {
    changed_ = std::move(now);
    return false;
  }
  return reload();
}

std::string TlsContext::look_at_files() const {
  std::string look;
  for (const std::filesystem::path* path : {&options_.certificate, &options_.key, &options_.client_ca}) {
    struct stat facts {};
    if (!path->empty() && ::stat(path->c_str(), &facts) == 0) {
      for (const auto number : {static_cast<std::int64_t>(facts.st_dev), static_cast<std::int64_t>(facts.st_ino),
                                static_cast<std::int64_t>(facts.st_size), static_cast<std::int64_t>(facts.st_mode),
                                facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec}) {
        look += std::to_string(number) + " ";
      }
    }
    look += "\n";
  }
  return look;
}

std::shared_ptr<SSL_CTX> TlsContext::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

std::int64_t TlsContext::expires_at() const {
  return end_of(SSL_CTX_get0_certificate(current().get()));
}

bool TlsContext::is_for(const std::string& host) const {
  const std::shared_ptr<SSL_CTX> context = current();
  X509* own = SSL_CTX_get0_certificate(context.get());
  unsigned char address[sizeof(in6_addr)];
  const bool is_address =
      ::inet_pton(AF_INET, host.c_str(), address) == 1 || ::inet_pton(AF_INET6, host.c_str(), address) == 1;
  return (is_address ? X509_check_ip_asc(own, host.c_str(), 0)
                     : X509_check_host(own, host.data(), host.size(), 0, nullptr)) == 1;
}

std::vector<std::string> TlsContext::names() const {
  return alternative_names(SSL_CTX_get0_certificate(current().get()));
}

}  // namespace tessera::net
