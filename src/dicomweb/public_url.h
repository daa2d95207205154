// PublicUrl: how clients should write this server's address. Every absolute URL of an answer starts with it.
//
// A configured public_url wins; else the X-Forwarded fields of a trusted proxy; else the Host field, if it looks like a
// host. Immutable, safe from all loop threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "net/ip_address.h"

namespace tessera::dicomweb {

class PublicUrl {
 public:
  struct Options {
    std::string public_url;                     // "https://slides.example/tessera"; empty: from the request
    std::vector<std::string> trusted_proxies;   // whose X-Forwarded-Proto, -Host and -Prefix are believed
    std::string fallback = "http://127.0.0.1";  // when the request names no usable host
  };
  // Where trusted_proxies holds what is no network, none is trusted: the configuration has refused it before.
  explicit PublicUrl(Options options);

  // Scheme, host and prefix without a trailing slash.
  std::string base(const net::Request& request) const;

 private:
  bool from_trusted_proxy(const net::Request& request) const;

  Options options_;
  net::AddressSet proxies_;
};

}  // namespace tessera::dicomweb
