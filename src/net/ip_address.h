// IpAddress: an IPv4 or IPv6 address as 16 bytes (IPv4 as ::ffff:a.b.c.d), and AddressSet: networks as "10.0.0.0/8".
// Plain values, safe from any thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tessera::net {

class IpAddress {
 public:
  IpAddress() = default;  // "::"
  static IpAddress of(const sockaddr_storage& address);
  // Numbers only: "192.0.2.7", "2001:db8::1".
  static std::optional<IpAddress> parse(std::string_view text);

  std::string text() const;
  bool is_v4() const;
  // The first `bits` of 128; the others become 0.
  IpAddress network(unsigned bits) const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

class AddressSet {
 public:
  // InvalidArgument naming the entry that is no address and no network.
  static Result<AddressSet> parse(std::span<const std::string> networks);
  bool contains(const IpAddress& address) const;

 private:
  struct Network {
    IpAddress base;
    unsigned bits = 128;
  };
  std::vector<Network> networks_;
};

// Who asks, where `peer` may be a proxy: the last address of X-Forwarded-For (or, without that, of Forwarded) that is
// none of `proxies`; `peer` itself where it is no trusted proxy, or what it forwards is no address.
IpAddress forwarded_client(const IpAddress& peer, const AddressSet& proxies,
                           std::span<const std::pair<std::string_view, std::string_view>> fields);

}  // namespace tessera::net
