#include "net/tls_files.h"

#include <openssl/pem.h>
#include <sys/stat.h>

#include <cerrno>
#include <ctime>

#include "base/clock.h"
#include "base/file.h"

namespace tessera::net {

namespace {

constexpr std::uint64_t kMaxPem = 1024 * 1024;

Status refuse(std::string_view what, const std::filesystem::path& path, std::string_view why) {
  return Status(Code::InvalidArgument, "read " + std::string(what) + " '" + path.string() + "': " + std::string(why));
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

std::string day_of(const ASN1_TIME* time) {
  return rfc3339(seconds_of(time) * 1000).substr(0, 10);
}

BioPtr over(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Of the open file, so that nothing can change between the look and the reading.
Result<std::string> read_private(const std::filesystem::path& path) {
  auto opened = File::open_read(path);
  if (!opened.ok()) {
    return opened.status().while_doing("read tls.key");
  }
  struct stat facts {};
  if (::fstat(opened->descriptor(), &facts) != 0) {
    return errno_status(errno, "look at tls.key '" + path.string() + "'");
  }
  if (!S_ISREG(facts.st_mode)) {
    return refuse("tls.key", path, "it is no file");
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return refuse("tls.key", path, "others than its owner may read or write it; chmod 600 it");
  }
  if (static_cast<std::uint64_t>(facts.st_size) > kMaxPem) {
    return refuse("tls.key", path, "it is larger than any key");
  }
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  RETURN_IF_ERROR(opened->read_at(0, MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size())));
  return text;
}

// What OpenSSL calls for the password of an encrypted key: there is none, and it is remembered that one was wanted.
int no_password(char*, int, int, void* wanted) {
  *static_cast<bool*>(wanted) = true;
  return -1;
}

Result<KeyPtr> read_key(const std::filesystem::path& path) {
  TRY_ASSIGN(std::string text, read_private(path));
  bool encrypted = false;
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(over(text).get(), nullptr, no_password, &encrypted));
  OPENSSL_cleanse(text.data(), text.size());
  if (encrypted) {
    ERR_clear_error();
    return refuse("tls.key", path, "it is encrypted, and a server has nobody to ask; decrypt it (openssl pkey)");
  }
  if (key == nullptr) {
    return refuse("tls.key", path, "it holds no private key in PEM (" + openssl_reason() + ")");
  }
  return key;
}

Status check_time(const X509* certificate, const std::filesystem::path& path, std::int64_t now) {
  if (end_of(certificate) <= now) {
    return refuse("tls.certificate", path,
                  "it expired on " + day_of(X509_get0_notAfter(certificate)) + "; get a new one");
  }
  if (seconds_of(X509_get0_notBefore(certificate)) > now) {
    return refuse("tls.certificate", path,
                  "it holds from " + day_of(X509_get0_notBefore(certificate)) + " on, which is still to come");
  }
  return {};
}

}  // namespace

std::int64_t end_of(const X509* certificate) {
  return seconds_of(X509_get0_notAfter(certificate));
}

Result<std::vector<X509Ptr>> read_certificates(const std::filesystem::path& path, std::string_view what) {
  auto text = read_file(path, kMaxPem);
  if (!text.ok()) {
    return text.status().while_doing("read " + std::string(what));
  }
  std::vector<X509Ptr> found;
  const BioPtr bytes = over(*text);
  ERR_clear_error();
  while (X509Ptr certificate{PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)}) {
    found.push_back(std::move(certificate));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = openssl_reason();
  if (!at_end) {
    return refuse(what, path, "certificate " + std::to_string(found.size() + 1) + " in it is damaged: " + reason);
  }
  if (found.empty()) {
    return refuse(what, path, "it holds no certificate in PEM");
  }
  return found;
}

Result<ServerPair> read_server_pair(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                    std::int64_t now_seconds) {
  ServerPair pair;
  TRY_ASSIGN(pair.chain, read_certificates(certificate, "tls.certificate"));
  TRY_ASSIGN(pair.key, read_key(key));
  const X509* own = pair.chain.front().get();
  if (X509_check_private_key(own, pair.key.get()) != 1) {
    ERR_clear_error();
    return refuse("tls.key", key, "it is not the key of the first certificate in '" + certificate.string() + "'");
  }
  RETURN_IF_ERROR(check_time(own, certificate, now_seconds));
  return pair;
}

}  // namespace tessera::net
