// SigningKey: an issuer's key pair made for a test by OpenSSL, which signs tokens without the library that is to check
// them. Whatever header and claims are asked for are signed, sound or not.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace tessera::test {

inline std::string base64url(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                                      static_cast<int>(bytes.size()))));
  while (out.ends_with('=')) {
    out.pop_back();
  }
  for (char& c : out) {
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return out;
}

class SigningKey {
 public:
  static SigningKey rsa(unsigned bits = 2048) { return SigningKey(EVP_RSA_gen(bits)); }
  static SigningKey ec(const char* curve) { return SigningKey(EVP_EC_gen(curve)); }  // "P-256"

  // The public half as a member of a key set; `more` are members as JSON: ,"kid":"a"
  std::string jwk(std::string_view more = "") const {
    const bool is_rsa = EVP_PKEY_is_a(key_.get(), "RSA") == 1;
    std::string out;
    if (is_rsa) {
      out = R"({"kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N, 0) + R"(","e":")" +
            number(OSSL_PKEY_PARAM_RSA_E, 0) + "\"";
    } else {
      const std::size_t bytes = coordinate_bytes();
      out = R"({"kty":"EC","crv":")" + curve() + R"(","x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X, bytes) + R"(","y":")" +
            number(OSSL_PKEY_PARAM_EC_PUB_Y, bytes) + "\"";
    }
    return out + std::string(more) + "}";
  }

  // {"keys":[…]} with this key alone.
  std::string key_set(std::string_view more = R"(,"kid":"a")") const { return R"({"keys":[)" + jwk(more) + "]}"; }

  // The compact serialization. `algorithm` says how it is signed; the header says what it likes. `salt`: of PSS.
  std::string sign(std::string_view algorithm, std::string_view header, std::string_view claims,
                   int salt = RSA_PSS_SALTLEN_DIGEST) const {
    const std::string text = base64url(header) + "." + base64url(claims);
    return text + "." + base64url(signature(algorithm, text, salt));
  }

  // r and s as a token has them, or the bytes of an RSA signature.
  std::string signature(std::string_view algorithm, std::string_view text, int salt = RSA_PSS_SALTLEN_DIGEST) const {
    const std::string_view bits = algorithm.substr(2);
    const EVP_MD* hash = bits == "256" ? EVP_sha256() : bits == "384" ? EVP_sha384() : EVP_sha512();
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* options = nullptr;
    require(EVP_DigestSignInit(context.get(), &options, hash, nullptr, key_.get()) == 1);
    if (algorithm.starts_with("PS")) {
      require(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
      require(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt) == 1);
    }
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    require(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
    std::string out(size, '\0');
    require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes, text.size()) ==
            1);
    out.resize(size);
    return algorithm.starts_with("ES") ? fixed_width(out) : out;
  }

 private:
  explicit SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) { require(key != nullptr); }

  static void require(bool held) {
    if (!held) {
      std::abort();  // OpenSSL cannot make what the test asks for
    }
  }

  std::string curve() const {
    char name[32] = {};
    require(EVP_PKEY_get_utf8_string_param(key_.get(), OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, nullptr) == 1);
    const std::string_view known(name);
    return known == "prime256v1" ? "P-256" : known == "secp384r1" ? "P-384" : known == "secp521r1" ? "P-521" : name;
  }
  std::size_t coordinate_bytes() const { return static_cast<std::size_t>((EVP_PKEY_get_bits(key_.get()) + 7) / 8); }

  std::string number(const char* parameter, std::size_t bytes) const {
    BIGNUM* value = nullptr;
    require(EVP_PKEY_get_bn_param(key_.get(), parameter, &value) == 1);
    std::string out(bytes > 0 ? bytes : static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
    BN_free(value);
    return base64url(out);
  }

  std::string fixed_width(const std::string& der) const {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    require(parts != nullptr);
    const std::size_t bytes = coordinate_bytes();
    std::string out(2 * bytes, '\0');
    auto* into = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(parts), into, static_cast<int>(bytes));
    BN_bn2binpad(ECDSA_SIG_get0_s(parts), into + bytes, static_cast<int>(bytes));
    ECDSA_SIG_free(parts);
    return out;
  }

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace tessera::test
