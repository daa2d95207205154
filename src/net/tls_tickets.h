// TicketKeys: what session tickets are sealed with. A new key every hour; the one before still opens its tickets, so
// that each holds for its hour, and what was recorded is safe from whoever takes the server later. They live in memory
// only. Private to TlsContext; safe from many threads.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace tessera::net {

class TicketKeys {
 public:
  static constexpr std::chrono::hours kAge{1};

  explicit TicketKeys(const Clock& clock) : clock_(clock) {}
  ~TicketKeys();

  // Tickets of `context` are sealed and opened here from now on; this outlives it.
  void serve(SSL_CTX* context);

 private:
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
    std::chrono::steady_clock::time_point made;
  };

  // SSL_CTX_set_tlsext_ticket_key_evp_cb(3): what it is called with and returns.
  static int on_ticket(SSL* ssl, unsigned char name[16], unsigned char iv[EVP_MAX_IV_LENGTH], EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int sealing);
  std::optional<Key> sealing_key();
  std::optional<Key> opening_key(const unsigned char name[16], bool& is_newest);
  bool make_new();  // under mutex_

  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Key> newest_, before_;  // guarded by mutex_
};

}  // namespace tessera::net
