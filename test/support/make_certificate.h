// Certificates made for a test: on P-256, in PEM, with the names and the time that it wants.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace tessera::test {

struct MadeCertificate {
  std::string certificate, key;  // PEM

  void write(const std::filesystem::path& certificate_path, const std::filesystem::path& key_path) const {
    std::ofstream(certificate_path) << certificate;
    std::ofstream(key_path) << key;
    ::chmod(key_path.c_str(), 0600);
  }
};

// `begin` and `end`: seconds since 1970. Signs itself, so that it is its own authority.
inline MadeCertificate make_certificate(const std::string& common_name, const std::string& names, std::int64_t begin,
                                        std::int64_t end) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = X509_new();
  static long serial = 0;
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(made), begin);
  ASN1_TIME_set(X509_getm_notAfter(made), end);
  X509_NAME* name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("Pathology"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(made, name);
  X509_set_pubkey(made, key);
  if (!names.empty()) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(made, key, EVP_sha256());
  const auto text_of = [](const auto& write) {
    BIO* memory = BIO_new(BIO_s_mem());
    write(memory);
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(memory, &bytes);
    std::string text(bytes, static_cast<std::size_t>(length));
    BIO_free(memory);
    return text;
  };
  MadeCertificate result;
  result.certificate = text_of([made](BIO* out) { PEM_write_bio_X509(out, made); });
  result.key = text_of([key](BIO* out) { PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
  X509_free(made);
  EVP_PKEY_free(key);
  return result;
}

}  // namespace tessera::test
