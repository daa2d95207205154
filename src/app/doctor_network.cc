// What the doctor asks of the network: is the port free or ours, do other addresses and other origins work.
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "app/doctor.h"
#include "base/file.h"
#include "dicomweb/cors.h"
#include "net/client.h"
#include "net/field_text.h"

namespace tessera::app {

namespace {

constexpr int kUnknownHost = -1;

// errno of binding to the address; 0: it is free; kUnknownHost: the host does not resolve.
int try_to_bind(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return kUnknownHost;
  }
  const File socket(::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0));
  const int on = 1;  // what closed connections leave behind is no occupant
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int error = ::bind(socket.descriptor(), found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  freeaddrinfo(found);
  return error;
}

// Where what listens on the configured address is reached.
std::string local_address(const Config& config) {
  std::string host = config.listen_host;
  if (host == "0.0.0.0") {
    host = "127.0.0.1";
  } else if (host == "::") {
    host = "::1";
  }
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(config.listen_port);
}

std::string local_url(const Config& config) {
  return (config.tls.enabled() ? "https://" : "http://") + local_address(config);
}

// A look at what this machine itself listens on, by an address that no certificate names.
net::ClientRequest local_request(std::string url) {
  net::ClientRequest request{std::move(url), {}};
  request.verify = false;
  return request;
}

bool is_alive(const net::ClientRequest& request) {
  const auto answer = net::http_get(request);
  return answer.ok() && answer->status == 200 && answer->body == "alive\n";
}

void check_running_server(const Config& config, Findings& out) {
  const std::string url = local_url(config);
  if (config.tls.client_certificates == net::ClientCertificates::Required) {
    out.push_back(
        {"port", Verdict::Ok, "something listens at " + url + "; it asks for a certificate, so no more is said", ""});
    return;
  }
  if (!is_alive(local_request(url + "/health/live"))) {
    out.push_back({"port", Verdict::Error, "another program listens on " + local_address(config),
                   "stop it, or choose another port in 'listen'"});
    return;
  }
  const auto ready = net::http_get(local_request(url + "/health/check"));
  if (ready.ok() && ready->status == 200) {
    out.push_back({"port", Verdict::Ok, "a Tessera runs at " + url + " and is ready", ""});
  } else {
    out.push_back({"port", Verdict::Error,
                   "the Tessera at " + url + " is not ready: " +
                       (ready.ok() ? ready->body.substr(0, 500) : std::string(ready.status().message())),
                   "look at the part that is Unhealthy, and into the log"});
  }
}

struct Authority {
  std::string_view host, port;  // port: "" where there is none
};

// HOST or HOST:PORT; nothing where it is neither.
std::optional<Authority> read_authority(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  const std::size_t colon = bracket == text.npos ? text.npos : text.find(':', bracket);
  const Authority read{text.substr(0, colon), colon == text.npos ? std::string_view() : text.substr(colon + 1)};
  std::uint32_t port = 1;
  const auto number = std::from_chars(read.port.data(), read.port.data() + read.port.size(), port);
  const bool port_fits = colon == text.npos || (number.ec == std::errc() && port >= 1 && port <= 65535 &&
                                                number.ptr == read.port.data() + read.port.size());
  const bool host_fits =
      !read.host.empty() && bracket != text.npos && read.host.find_first_of("/ @*?#") == read.host.npos;
  return host_fits && port_fits ? std::optional(read) : std::nullopt;
}

// What viewers send that a browser asks about first.
struct Probe {
  const char* who;
  const char* method;
  const char* headers;
};
constexpr Probe kProbes[] = {{"Slim reads frames without a token", "GET", "accept"},
                             {"Slim reads with a token", "GET", "accept,authorization"},
                             {"Slim under https", "GET", "accept,content-security-policy"},
                             {"OHIF reads with a token", "GET", "authorization"},
                             {"a viewer stores annotations", "POST", "authorization,content-type"},
                             {"a page deletes", "DELETE", "authorization"}};

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, comma);
    while (one.starts_with(' ')) {
      one.remove_prefix(1);
    }
    if (net::same_word(one, word)) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool has_words(std::string_view list, std::string_view words) {
  while (!words.empty()) {
    const std::size_t comma = std::min(words.find(','), words.size());
    if (!has_word(list, words.substr(0, comma))) {
      return false;
    }
    words.remove_prefix(std::min(comma + 1, words.size()));
  }
  return true;
}

// Why a browser would refuse the probe to a page of `origin`; empty when it would not.
std::string refusal(const dicomweb::CorsPolicy& policy, const std::string& origin, const Probe& probe) {
  net::Request request;
  request.method = net::Method::Options;
  request.path = "/dicom-web/studies";
  request.fields = {{"Origin", origin},
                    {"Access-Control-Request-Method", probe.method},
                    {"Access-Control-Request-Headers", probe.headers}};
  auto response = policy.preflight(request);
  if (!response) {
    return "it gets no answer to its preflight";
  }
  policy.apply(request, *response);
  bool from = false, headers = false, methods = false;
  for (const auto& [name, value] : response->fields) {
    from = from || (name == "Access-Control-Allow-Origin" && (value == "*" || value == origin));
    headers = headers || (name == "Access-Control-Allow-Headers" && has_words(value, probe.headers));
    methods = methods || (name == "Access-Control-Allow-Methods" && has_word(value, probe.method));
  }
  return !from      ? "its origin is not allowed"
         : !methods ? std::string(probe.method) + " is not allowed"
         : !headers ? std::string("not all of the fields ") + probe.headers + " are allowed"
                    : "";
}

// An origin that the site stands for.
std::string example_of(const std::string& origin) {
  const std::size_t star = origin.find('*');
  return origin == "*" ? "https://viewer.example"
                       : origin.substr(0, star) + (star == origin.npos ? "" : "viewer" + origin.substr(star + 1));
}

}  // namespace

void check_listening(const Config& config, Findings& out) {
  if (config.listen_port == 0) {
    out.push_back({"port", Verdict::Ok, "a free one is picked at every start", ""});
    return;
  }
  const std::string address = local_address(config);
  const int error = try_to_bind(config.listen_host, config.listen_port);
  if (error == 0) {
    out.push_back({"port", Verdict::Ok, address + " is free", ""});
  } else if (error == EADDRINUSE) {
    check_running_server(config, out);
  } else {
    out.push_back({"port", Verdict::Error,
                   "nothing can listen on " + address + ": " +
                       (error == kUnknownHost ? "the host has no address" : std::strerror(error)),
                   error == EACCES ? "choose a port above 1023, or give the unit CAP_NET_BIND_SERVICE"
                                   : "name an address of this machine in 'listen'"});
  }
}

void check_public_url(const Config& config, Findings& out) {
  const std::string& url = config.public_url;
  if (url.empty()) {
    return;
  }
  const std::size_t host = url.find("://") + 3;
  const std::string_view authority =
      std::string_view(url).substr(host, std::min(url.find('/', host), url.size()) - host);
  if (!read_authority(authority) || url.find_first_of(" ?#", host) != url.npos) {
    out.push_back(
        {"public_url", Verdict::Error, "'" + url + "' is no base URL", "write scheme, host and perhaps a path"});
    return;
  }
  for (const char* prefix : {"/dicom-web", "/v1", "/v2"}) {
    if (url.ends_with(prefix) || url.ends_with(std::string(prefix) + "/")) {
      out.push_back({"public_url", Verdict::Error,
                     "'" + url + "' ends with " + prefix + ", which the server puts behind it by itself",
                     "leave that off"});
      return;
    }
  }
  if (url.starts_with("http://") && !(config.tokens.empty() && config.issuers.empty()) &&
      !url.starts_with("http://127.") && !url.starts_with("http://localhost")) {
    out.push_back({"public_url", Verdict::Warning, "tokens go to '" + url + "' unencrypted",
                   "configure tls.certificate and tls.key or put a proxy with TLS in front, and write https://"});
  }
  const std::string base = url.ends_with('/') ? url.substr(0, url.size() - 1) : url;
  if (config.tls.client_certificates == net::ClientCertificates::Required ||
      (config.listen_port != 0 && !is_alive(local_request(local_url(config) + "/health/live")))) {
    out.push_back({"public_url", Verdict::Ok,
                   "'" + url + "' is plausible; the server does not run or asks for a certificate, so it was not asked",
                   ""});
  } else if (is_alive({base + "/health/live", {}})) {
    out.push_back({"public_url", Verdict::Ok, "'" + url + "' leads to a Tessera", ""});
  } else {
    out.push_back({"public_url", Verdict::Warning, "'" + url + "' does not lead from this machine to a Tessera",
                   "look at the proxy's configuration; where names differ inside and outside, ask from outside"});
  }
}

void check_cors(const Config& config, Findings& out) {
  const dicomweb::CorsOptions options = cors_options(config);
  const dicomweb::CorsPolicy policy(options);
  for (const dicomweb::CorsSite& site : options.sites) {
    const Status known = dicomweb::check_cors_site(site);
    if (!known.ok()) {
      out.push_back({"cors", Verdict::Error, std::string(known.message()),
                     "write scheme, host and port only, as in https://viewer.example:8443"});
      continue;
    }
    std::string refused;
    for (const Probe& probe : kProbes) {
      const std::string why = refusal(policy, example_of(site.origin), probe);
      refused += why.empty() ? "" : (refused.empty() ? "" : "; ") + std::string(probe.who) + ": " + why;
    }
    if (refused.empty()) {
      out.push_back({"cors", Verdict::Ok, "pages of '" + site.origin + "' may use the server", ""});
    } else {
      out.push_back({"cors", Verdict::Warning, "a browser refuses pages of '" + site.origin + "': " + refused,
                     "if they should be able to, widen cors.methods or cors.headers"});
    }
  }
  if (options.sites.empty()) {
    out.push_back({"cors", Verdict::Ok, "no other origin: viewers on other addresses cannot read", ""});
  }
}

}  // namespace tessera::app
