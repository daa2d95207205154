#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

namespace tessera::net {

namespace {

// The cipher and the digest of RFC 5077 §4, as OpenSSL's own tickets have them.
const EVP_CIPHER* ticket_cipher() {
  return EVP_aes_256_cbc();
}

bool set_mac(EVP_MAC_CTX* mac, std::array<unsigned char, 32>& key) {
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
                             OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                             OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

TicketKeys::~TicketKeys() {
  for (std::optional<Key>* key : {&newest_, &before_}) {
    if (*key) {
      OPENSSL_cleanse(&**key, sizeof(Key));
    }
  }
}

void TicketKeys::serve(SSL_CTX* context) {
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TicketKeys::on_ticket);
  SSL_CTX_set_timeout(context, std::chrono::seconds(kAge).count());
}

// 0: no ticket, a handshake in full; 1: as it is; 2: opened, and to be sealed anew; -1: give up.
int TicketKeys::on_ticket(SSL* ssl, unsigned char name[16], unsigned char iv[EVP_MAX_IV_LENGTH], EVP_CIPHER_CTX* cipher,
                          EVP_MAC_CTX* mac, int sealing) {
  auto& keys = *static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  bool is_newest = true;
  std::optional<Key> key = sealing != 0 ? keys.sealing_key() : keys.opening_key(name, is_newest);
  if (!key) {
    return 0;
  }
  bool done = set_mac(mac, key->mac);
  if (sealing != 0) {
    std::copy(key->name.begin(), key->name.end(), name);
    done = done && RAND_bytes(iv, EVP_CIPHER_get_iv_length(ticket_cipher())) == 1 &&
           EVP_EncryptInit_ex2(cipher, ticket_cipher(), key->cipher.data(), iv, nullptr) == 1;
  } else {
    done = done && EVP_DecryptInit_ex2(cipher, ticket_cipher(), key->cipher.data(), iv, nullptr) == 1;
  }
  OPENSSL_cleanse(&*key, sizeof(Key));
  return !done ? -1 : is_newest ? 1 : 2;
}

std::optional<TicketKeys::Key> TicketKeys::sealing_key() {
  std::lock_guard lock(mutex_);
  if ((!newest_ || clock_.now() - newest_->made >= kAge) && !make_new()) {
    return std::nullopt;
  }
  return newest_;
}

std::optional<TicketKeys::Key> TicketKeys::opening_key(const unsigned char name[16], bool& is_newest) {
  std::lock_guard lock(mutex_);
  for (const std::optional<Key>* key : {&newest_, &before_}) {
    if (*key && CRYPTO_memcmp((*key)->name.data(), name, (*key)->name.size()) == 0) {
      is_newest = key == &newest_ && clock_.now() - newest_->made < kAge;
      return clock_.now() - (*key)->made < 2 * kAge ? *key : std::nullopt;
    }
  }
  return std::nullopt;
}

bool TicketKeys::make_new() {
  Key key;
  if (RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) != 1 ||
      RAND_priv_bytes(key.cipher.data(), static_cast<int>(key.cipher.size())) != 1 ||
      RAND_priv_bytes(key.mac.data(), static_cast<int>(key.mac.size())) != 1) {
    return false;
  }
  key.made = clock_.now();
  before_ = newest_;
  newest_ = key;
  OPENSSL_cleanse(&key, sizeof(Key));
  return true;
}

}  // namespace tessera::net
