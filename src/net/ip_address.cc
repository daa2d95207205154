#include "net/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "net/field_text.h"

namespace tessera::net {

namespace {

constexpr unsigned kV4Bits = 96;         // of the prefix that says "IPv4"
constexpr std::size_t kMaxHops = 32;     // looked at, from the end of the list
constexpr std::size_t kMaxAddress = 64;  // characters

// "192.0.2.7", "192.0.2.7:80", "2001:db8::1", "[2001:db8::1]:80", each perhaps in quotes.
std::optional<IpAddress> parse_node(std::string_view text) {
  text = without_blanks(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == text.npos ? std::nullopt : IpAddress::parse(text.substr(1, end - 1));
  }
  const bool v4_with_port = std::count(text.begin(), text.end(), ':') == 1;
  return IpAddress::parse(v4_with_port ? text.substr(0, text.find(':')) : text);
}

// The value of for= in one element of a Forwarded field (RFC 7239 §4).
std::string_view for_parameter(std::string_view element) {
  while (!element.empty()) {
    const std::size_t end = std::min(element.find(';'), element.size());
    const std::string_view pair = without_blanks(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    if (pair.size() > 4 && same_word(pair.substr(0, 4), "for=")) {
      return pair.substr(4);
    }
  }
  return {};
}

using Fields = std::span<const std::pair<std::string_view, std::string_view>>;

// The elements of all fields of that name, the last one first.
std::vector<std::string_view> elements_from_the_end(Fields fields, std::string_view name) {
  std::vector<std::string_view> out;
  for (std::size_t i = fields.size(); i-- > 0;) {
    if (!same_word(fields[i].first, name)) {
      continue;
    }
    std::string_view rest = fields[i].second;
    while (out.size() < kMaxHops) {
      const std::size_t comma = rest.rfind(',');
      out.push_back(comma == rest.npos ? rest : rest.substr(comma + 1));
      if (comma == rest.npos) {
        break;
      }
      rest = rest.substr(0, comma);
    }
  }
  return out;
}

}  // namespace

IpAddress IpAddress::of(const sockaddr_storage& address) {
  IpAddress out;
  if (address.ss_family == AF_INET) {
    out.bytes_[10] = out.bytes_[11] = 0xFF;
    std::memcpy(out.bytes_.data() + 12, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
  } else if (address.ss_family == AF_INET6) {
    std::memcpy(out.bytes_.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
  }
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxAddress) {
    return std::nullopt;
  }
  const std::string terminated(text);
  IpAddress out;
  if (::inet_pton(AF_INET, terminated.c_str(), out.bytes_.data() + 12) == 1) {
    out.bytes_[10] = out.bytes_[11] = 0xFF;
    return out;
  }
  return ::inet_pton(AF_INET6, terminated.c_str(), out.bytes_.data()) == 1 ? std::optional(out) : std::nullopt;
}

bool IpAddress::is_v4() const {
  return bytes_[10] == 0xFF && bytes_[11] == 0xFF &&
         std::all_of(bytes_.begin(), bytes_.begin() + 10, [](auto byte) { return byte == 0; });
}

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN] = "";
  if (is_v4()) {
    (void)::inet_ntop(AF_INET, bytes_.data() + 12, out, sizeof out);
  } else {
    (void)::inet_ntop(AF_INET6, bytes_.data(), out, sizeof out);
  }
  return out;
}

IpAddress IpAddress::network(unsigned bits) const {
  IpAddress out = *this;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = bits > i * 8 ? std::min(bits - i * 8, 8u) : 0;
    out.bytes_[i] = static_cast<std::uint8_t>(out.bytes_[i] & (0xFF00u >> kept));
  }
  return out;
}

Result<AddressSet> AddressSet::parse(std::span<const std::string> networks) {
  AddressSet out;
  for (const std::string& entry : networks) {
    const std::string_view text = entry;
    const std::size_t slash = std::min(text.find('/'), text.size());
    const auto base = IpAddress::parse(text.substr(0, slash));
    const unsigned widest = base && base->is_v4() ? 32 : 128;
    unsigned bits = widest;
    const std::string_view digits = text.substr(std::min(slash + 1, text.size()));
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool bits_fit = slash == text.size() ||
                          (parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() && bits <= widest);
    if (!base || !bits_fit) {
      return Status(Code::InvalidArgument, "'" + entry + "' is no IP address and no network such as 10.0.0.0/8");
    }
    bits += widest == 32 ? kV4Bits : 0;
    out.networks_.push_back({base->network(bits), bits});
  }
  return out;
}

bool AddressSet::contains(const IpAddress& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&address](const Network& network) { return address.network(network.bits) == network.base; });
}

IpAddress forwarded_client(const IpAddress& peer, const AddressSet& proxies, Fields fields) {
  if (!proxies.contains(peer)) {
    return peer;
  }
  const bool plain = std::any_of(fields.begin(), fields.end(),
                                 [](const auto& field) { return same_word(field.first, "X-Forwarded-For"); });
  IpAddress nearest = peer;
  // From the end: each hop is told by the one behind it, and is believed while that one is a trusted proxy.
  for (const std::string_view element : elements_from_the_end(fields, plain ? "X-Forwarded-For" : "Forwarded")) {
    const auto address = parse_node(plain ? element : for_parameter(without_blanks(element)));
    if (!address) {
      return nearest;
    }
    nearest = *address;
    if (!proxies.contains(nearest)) {
      return nearest;
    }
  }
  return nearest;
}

}  // namespace tessera::net
