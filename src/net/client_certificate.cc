#include "net/client_certificate.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/openssl.h"

namespace tessera::net {

namespace {

constexpr std::size_t kMostNames = 64;

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_of(const ASN1_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16) {
    return {};
  }
  return ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text) == nullptr ? "" : text;
}

// Empty for kinds that name nobody whom we could know.
std::string name_of(const GENERAL_NAME* name) {
  switch (name->type) {
    case GEN_DNS:
      return "DNS:" + text_of(name->d.dNSName);
    case GEN_EMAIL:
      return "email:" + text_of(name->d.rfc822Name);
    case GEN_URI:
      return "URI:" + text_of(name->d.uniformResourceIdentifier);
    case GEN_IPADD:
      return "IP:" + address_of(name->d.iPAddress);
    default:
      return {};
  }
}

std::string subject_of(X509* certificate) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  // RFC 2253 escapes what could be taken for another part of the name; UTF-8 stays.
  X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

std::string fingerprint_of(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  X509_digest(certificate, EVP_sha256(), digest, &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    static constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace

std::unique_ptr<ClientCertificate> client_certificate_of(SSL* ssl) {
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) {
    return nullptr;
  }
  auto found = std::make_unique<ClientCertificate>();
  found->subject = subject_of(certificate);
  found->fingerprint = fingerprint_of(certificate);
  found->names = alternative_names(certificate);
  return found;
}

bool client_certificate_expired(const SSL* ssl) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  return certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> found;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && found.size() < kMostNames; ++i) {
    std::string name = name_of(sk_GENERAL_NAME_value(names, i));
    if (!name.empty()) {
      found.push_back(std::move(name));
    }
  }
  GENERAL_NAMES_free(names);
  return found;
}

}  // namespace tessera::net
