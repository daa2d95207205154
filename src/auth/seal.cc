#include "auth/seal.h"

#include <cjose/cjose.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "auth/base64url.h"
#include "base/bytes.h"
#include "base/file.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kIv = 16;   // 12 bytes
constexpr std::size_t kTag = 22;  // 16 bytes

struct KeyRelease {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};
struct JweRelease {
  void operator()(cjose_jwe_t* jwe) const { cjose_jwe_release(jwe); }
};
struct HeaderRelease {
  void operator()(cjose_header_t* header) const { cjose_header_release(header); }
};
struct Free {
  void operator()(void* bytes) const { std::free(bytes); }
};
using Jwe = std::unique_ptr<cjose_jwe_t, JweRelease>;

Status broken() {
  return Status(Code::Unauthenticated, "open a sealed text: it was not sealed here for this");
}

// Whether it begins as ours do, so that nobody chooses another algorithm, and the parts that follow have the lengths
// they must: libcjose takes a tag that is cut short (CVE-2023-37464) where the system's has not been mended.
bool has_shape(std::string_view sealed, std::string_view header) {
  if (sealed.size() > Seal::kMaxSealed || !sealed.starts_with(header)) {
    return false;
  }
  sealed.remove_prefix(header.size());
  const std::size_t first = sealed.find('.');
  const std::size_t second = sealed.find('.', first + 1);
  // And are spelt as they must: libcjose reads over bits that are left over, and ends the program at some of what is no
  // base64url (its base64.c, an assertion).
  return first == kIv && second != sealed.npos && sealed.size() - second - 1 == kTag &&
         base64url_decode(sealed.substr(0, first)) && base64url_decode(sealed.substr(first + 1, second - first - 1)) &&
         base64url_decode(sealed.substr(second + 1));
}

Result<std::string> encrypt(const cjose_jwk_t* key, std::string_view plain) {
  const std::unique_ptr<cjose_header_t, HeaderRelease> header(cjose_header_new(nullptr));
  if (header == nullptr || !cjose_header_set(header.get(), CJOSE_HDR_ALG, CJOSE_HDR_ALG_DIR, nullptr) ||
      !cjose_header_set(header.get(), CJOSE_HDR_ENC, CJOSE_HDR_ENC_A256GCM, nullptr)) {
    return Status(Code::Internal, "seal a text: no header");
  }
  const Jwe jwe(
      cjose_jwe_encrypt(key, header.get(), reinterpret_cast<const std::uint8_t*>(plain.data()), plain.size(), nullptr));
  const std::unique_ptr<char, Free> text(jwe == nullptr ? nullptr : cjose_jwe_export(jwe.get(), nullptr));
  if (text == nullptr) {
    return Status(Code::Internal, "seal a text: libcjose does not");
  }
  return std::string(text.get());
}

// A new file with a new key; one that is there already, made by another process just now, stays.
Status make_key(const std::filesystem::path& path) {
  std::array<unsigned char, Seal::kKeyBytes> key{};
  std::array<unsigned char, 8> name{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1 ||
      RAND_bytes(name.data(), static_cast<int>(name.size())) != 1) {
    return Status(Code::Unavailable, "make a key: the random generator has nothing to give");
  }
  std::uint64_t number = 0;
  std::memcpy(&number, name.data(), sizeof number);
  const std::filesystem::path beside = path.string() + ".new." + std::to_string(number);
  TRY_ASSIGN(File file, File::create_new(beside));
  Status status = ::fchmod(file.descriptor(), S_IRUSR | S_IWUSR) == 0
                      ? file.write_all(ByteView(key.data(), key.size()))
                      : errno_status(errno, "chmod '" + beside.string() + "'");
  OPENSSL_cleanse(key.data(), key.size());
  if (status.ok()) {
    status = file.sync();
  }
  if (status.ok() && ::link(beside.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    status = errno_status(errno, "make '" + path.string() + "'");
  }
  (void)::unlink(beside.c_str());
  return status.ok() ? sync_folder(path.parent_path()) : status;
}

}  // namespace

struct Seal::Key {
  std::unique_ptr<cjose_jwk_t, KeyRelease> handle;
  std::string header;  // of everything that is sealed: {"alg":"dir","enc":"A256GCM"} and an empty encrypted key
};

Seal::Seal(std::unique_ptr<const Key> key) : key_(std::move(key)) {}
Seal::Seal(Seal&&) noexcept = default;
Seal& Seal::operator=(Seal&&) noexcept = default;
Seal::~Seal() = default;

Result<Seal> Seal::open(const std::filesystem::path& key_file) {
  if (::access(key_file.c_str(), F_OK) != 0) {
    RETURN_IF_ERROR(make_key(key_file));
  }
  TRY_ASSIGN(std::string bytes, read_file(key_file, kKeyBytes));
  Result<Seal> seal = from_key(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return seal.ok() ? std::move(seal) : Result<Seal>(seal.status().while_doing("read '" + key_file.string() + "'"));
}

Result<Seal> Seal::from_key(std::string_view key) {
  if (key.size() != kKeyBytes) {
    return Status(Code::Corrupt,
                  "a key has " + std::to_string(kKeyBytes) + " bytes, not " + std::to_string(key.size()));
  }
  auto made = std::make_unique<Key>();
  made->handle.reset(cjose_jwk_create_oct_spec(reinterpret_cast<const std::uint8_t*>(key.data()), key.size(), nullptr));
  if (made->handle == nullptr) {
    return Status(Code::Internal, "make a key: libcjose does not take it");
  }
  TRY_ASSIGN(const std::string sealed, encrypt(made->handle.get(), ""));
  made->header = sealed.substr(0, sealed.find("..") + 2);
  if (!has_shape(sealed, made->header)) {
    return Status(Code::Internal, "seal a text: libcjose does not make what is expected of it");
  }
  return Seal(std::move(made));
}

// sealed text := purpose SP until LF text
Result<std::string> Seal::seal(std::string_view purpose, std::int64_t until, std::string_view text) const {
  if (text.size() > kMaxText) {
    return Status(Code::TooLarge,
                  "seal a text: " + std::to_string(text.size()) + " bytes, the limit is " + std::to_string(kMaxText));
  }
  std::string plain(purpose);
  plain.append(" ").append(std::to_string(until)).append("\n").append(text);
  return encrypt(key_->handle.get(), plain);
}

Result<Seal::Opened> Seal::open_sealed(std::string_view purpose, std::string_view sealed, std::int64_t now) const {
  if (!has_shape(sealed, key_->header)) {
    return broken();
  }
  const Jwe jwe(cjose_jwe_import(sealed.data(), sealed.size(), nullptr));
  std::size_t size = 0;
  const std::unique_ptr<std::uint8_t, Free> bytes(
      jwe == nullptr ? nullptr : cjose_jwe_decrypt(jwe.get(), key_->handle.get(), &size, nullptr));
  if (bytes == nullptr) {
    return broken();
  }
  const std::string_view plain = as_text({bytes.get(), size});
  const std::size_t line = plain.find('\n');
  if (line == plain.npos || !plain.starts_with(purpose) || plain[purpose.size()] != ' ') {
    return broken();
  }
  Opened out;
  const char* last = plain.data() + line;
  const auto parsed = std::from_chars(plain.data() + purpose.size() + 1, last, out.until);
  if (parsed.ec != std::errc() || parsed.ptr != last) {
    return broken();
  }
  if (now >= out.until) {
    return Status(Code::Unauthenticated, "open a sealed text: its time is over");
  }
  out.text = plain.substr(line + 1);
  return out;
}

}  // namespace tessera::auth
