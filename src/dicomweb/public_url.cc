#include "dicomweb/public_url.h"

#include <algorithm>

namespace tessera::dicomweb {

namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A host, perhaps with a port; nothing that could end the host part of a URL or a JSON string.
bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
  });
}

bool is_prefix(std::string_view text) {
  return text.size() <= 255 && text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '/' || c == '-' || c == '_' || c == '.' || c == '~';
         });
}

std::string_view without_trailing_slashes(std::string_view text) {
  while (text.ends_with('/')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

PublicUrl::PublicUrl(Options options) : options_(std::move(options)) {
  options_.public_url = std::string(without_trailing_slashes(options_.public_url));
  if (auto proxies = net::AddressSet::parse(options_.trusted_proxies); proxies.ok()) {
    proxies_ = std::move(*proxies);
  }
}

bool PublicUrl::from_trusted_proxy(const net::Request& request) const {
  const auto address = net::IpAddress::parse(request.peer.substr(0, request.peer.rfind(':')));
  return address && proxies_.contains(*address);
}

std::string PublicUrl::base(const net::Request& request) const {
  if (!options_.public_url.empty()) {
    return options_.public_url;
  }
  std::string_view scheme = request.secure ? "https" : "http";
  std::string_view host = request.field("Host");
  std::string_view prefix;
  if (from_trusted_proxy(request)) {
    const std::string_view proto = request.field("X-Forwarded-Proto");
    const std::string_view forwarded_host = request.field("X-Forwarded-Host");
    const std::string_view forwarded_prefix = request.field("X-Forwarded-Prefix");
    scheme = proto == "https" || proto == "http" ? proto : scheme;
    host = is_host(forwarded_host) ? forwarded_host : host;
    prefix = is_prefix(forwarded_prefix) ? without_trailing_slashes(forwarded_prefix) : prefix;
  }
  if (!is_host(host)) {
    return options_.fallback;
  }
  std::string url(scheme);
  return url.append("://").append(host).append(prefix);
}

}  // namespace tessera::dicomweb
