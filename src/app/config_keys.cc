#include "app/config_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "base/nearest.h"
#include "net/ip_address.h"

namespace tessera::app {

namespace {

Status bad(std::string_view key, std::string_view text, std::string_view allowed) {
  return Status(Code::InvalidArgument, "configuration: " + std::string(key) + " = '" + std::string(text) +
                                           "' is not possible; it must be " + std::string(allowed));
}

}  // namespace

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04X", static_cast<unsigned>(c));
      out += escaped;
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + "\"";
}

namespace {

std::string toml_list(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) {
    out += out.size() > 1 ? ", " : "";
    out += toml_string(value);
  }
  return out + "]";
}

template <std::uint64_t kLowest, std::uint64_t kHighest>
Status read_number(std::string_view key, std::string_view text, std::uint64_t& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || out < kLowest || out > kHighest) {
    return bad(key, text, "a whole number from " + std::to_string(kLowest) + " to " + std::to_string(kHighest));
  }
  return {};
}

// Setters and printers for members of plain kinds.
template <auto kMember, std::uint64_t kLowest, std::uint64_t kHighest>
Status set_number(Config& config, std::string_view key, std::string_view text) {
  std::uint64_t number = 0;
  RETURN_IF_ERROR((read_number<kLowest, kHighest>(key, text, number)));
  config.*kMember = static_cast<std::remove_reference_t<decltype(config.*kMember)>>(number);
  return {};
}
template <auto kMember>
std::string show_number(const Config& config) {
  return std::to_string(config.*kMember);
}
template <auto kMember, std::uint64_t kLowest, std::uint64_t kHighest>
Status set_seconds(Config& config, std::string_view key, std::string_view text) {
  std::uint64_t number = 0;
  RETURN_IF_ERROR((read_number<kLowest, kHighest>(key, text, number)));
  config.*kMember = std::chrono::seconds(number);
  return {};
}
template <auto kMember>
std::string show_seconds(const Config& config) {
  return std::to_string((config.*kMember).count());
}
template <auto kMember>
Status set_flag(Config& config, std::string_view key, std::string_view text) {
  if (text != "true" && text != "false") {
    return bad(key, text, "true or false");
  }
  config.*kMember = text == "true";
  return {};
}
template <auto kMember>
std::string show_flag(const Config& config) {
  return config.*kMember ? "true" : "false";
}
template <auto kMember>
Status set_list(Config& config, std::string_view, std::string_view text) {
  (config.*kMember).clear();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (word.starts_with(' ')) {
      word.remove_prefix(1);
    }
    while (word.ends_with(' ')) {
      word.remove_suffix(1);
    }
    if (!word.empty()) {
      (config.*kMember).emplace_back(word);
    }
  }
  return {};
}
template <auto kMember>
std::string show_list(const Config& config) {
  return toml_list(config.*kMember);
}

Status set_listen(Config& config, std::string_view key, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::uint64_t port = 0;
  if (colon == text.npos || colon == 0 || !read_number<0, 65535>(key, text.substr(colon + 1), port).ok()) {
    return bad(key, text, "HOST:PORT, such as 127.0.0.1:8080 (port 0 picks a free one)");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  config.listen_host = std::string(host);
  config.listen_port = static_cast<std::uint16_t>(port);
  return {};
}

// A list of addresses and networks.
template <auto kMember>
Status set_networks(Config& config, std::string_view key, std::string_view text) {
  RETURN_IF_ERROR(set_list<kMember>(config, key, text));
  for (const std::string& entry : config.*kMember) {
    if (!net::AddressSet::parse({&entry, 1}).ok()) {
      return bad(key, entry, "IP addresses or networks, such as 127.0.0.1 or 10.0.0.0/8");
    }
  }
  return {};
}

Status set_public_url(Config& config, std::string_view key, std::string_view text) {
  if (!text.empty() && !text.starts_with("http://") && !text.starts_with("https://")) {
    return bad(key, text, "an http:// or https:// URL");
  }
  const std::size_t host = text.find("://") + 3;
  if (text.substr(0, text.find('/', host)).find('@') != text.npos) {
    return Status(Code::InvalidArgument,  // which does not show the password
                  "configuration: " + std::string(key) + " cannot have a user or a password before its host");
  }
  config.public_url = std::string(text);
  return {};
}

Status set_data(Config& config, std::string_view key, std::string_view text) {
  if (text.empty()) {
    return bad(key, text, "the path of a folder");
  }
  config.data = text;
  return {};
}

constexpr std::array kLevelNames = {"debug", "info", "warning", "error", "off"};

Status set_log_level(Config& config, std::string_view key, std::string_view text) {
  const auto found = std::find(kLevelNames.begin(), kLevelNames.end(), text);
  if (found == kLevelNames.end()) {
    return bad(key, text, "debug, info, warning, error or off");
  }
  config.log_level = static_cast<LogLevel>(found - kLevelNames.begin());
  return {};
}

Status set_log_format(Config& config, std::string_view key, std::string_view text) {
  if (text != "text" && text != "json") {
    return bad(key, text, "text or json");
  }
  config.log_format = text == "json" ? LogFormat::Json : LogFormat::Text;
  return {};
}

Status set_audit_searches(Config& config, std::string_view key, std::string_view text) {
  if (text != "values" && text != "keys") {
    return bad(key, text, "values or keys");
  }
  config.audit_searches = std::string(text);
  return {};
}

std::string show_listen(const Config& config) {
  const bool v6 = config.listen_host.find(':') != std::string::npos;
  return toml_string((v6 ? "[" + config.listen_host + "]" : config.listen_host) + ":" +
                     std::to_string(config.listen_port));
}

Status set_min_version(Config& config, std::string_view key, std::string_view text) {
  if (text != "1.2" && text != "1.3") {
    return bad(key, text, "1.2 or 1.3");
  }
  config.tls.only_1_3 = text == "1.3";
  return {};
}

constexpr std::array kClientCertificates = {"none", "optional", "required"};

Status set_client_certificates(Config& config, std::string_view key, std::string_view text) {
  const auto found = std::find(kClientCertificates.begin(), kClientCertificates.end(), text);
  if (found == kClientCertificates.end()) {
    return bad(key, text, "none, optional or required");
  }
  config.tls.client_certificates = static_cast<net::ClientCertificates>(found - kClientCertificates.begin());
  return {};
}

template <auto kMember>
Status set_tls_path(Config& config, std::string_view, std::string_view text) {
  config.tls.*kMember = text;
  return {};
}
template <auto kMember>
std::string show_tls_path(const Config& config) {
  return toml_string((config.tls.*kMember).string());
}

Status set_hsts(Config& config, std::string_view key, std::string_view text) {
  std::uint64_t seconds = 0;
  RETURN_IF_ERROR((read_number<0, 4'000'000'000>(key, text, seconds)));
  config.tls.hsts_seconds = static_cast<std::uint32_t>(seconds);
  return {};
}

// C is Config: the table is narrow enough to read.
using C = Config;
const std::array kKeys = {
    ConfigKey{"data", "the folder that holds blobs and catalog; made when missing", set_data,
              [](const C& c) { return toml_string(c.data.string()); }},
    ConfigKey{"user", "the user that a server started as root becomes before it opens anything",
              [](C& c, std::string_view, std::string_view text) {
                c.user = text;
                return Status();
              },
              [](const C& c) { return toml_string(c.user); }},
    ConfigKey{"listen", "HOST:PORT to listen on; port 0 picks a free one", set_listen, show_listen},
    ConfigKey{"public_url", "the address clients use, where it is not the one in their Host field", set_public_url,
              [](const C& c) { return toml_string(c.public_url); }},
    ConfigKey{"insecure_no_auth", "true: listen beyond loopback without authentication, knowingly",
              set_flag<&C::insecure_no_auth>, show_flag<&C::insecure_no_auth>},
    ConfigKey{"trusted_proxies", "addresses and networks whose X-Forwarded-* and Forwarded fields are believed",
              set_networks<&C::trusted_proxies>, show_list<&C::trusted_proxies>},
    ConfigKey{"tls.certificate", "PEM file: the server's certificate, then its chain; with tls.key it turns TLS on",
              set_tls_path<&net::TlsOptions::certificate>, show_tls_path<&net::TlsOptions::certificate>},
    ConfigKey{"tls.key", "PEM file: the certificate's private key, not encrypted, readable by its owner alone",
              set_tls_path<&net::TlsOptions::key>, show_tls_path<&net::TlsOptions::key>},
    ConfigKey{"tls.min_version", "the oldest version spoken: 1.2 or 1.3", set_min_version,
              [](const C& c) { return toml_string(c.tls.only_1_3 ? "1.3" : "1.2"); }},
    ConfigKey{"tls.client_certificates", "none, optional or required: whether clients show certificates",
              set_client_certificates,
              [](const C& c) {
                return toml_string(kClientCertificates[static_cast<std::size_t>(c.tls.client_certificates)]);
              }},
    ConfigKey{"tls.client_ca", "PEM file: the authorities that vouch for clients' certificates",
              set_tls_path<&net::TlsOptions::client_ca>, show_tls_path<&net::TlsOptions::client_ca>},
    ConfigKey{"tls.hsts_seconds", "how long browsers keep to https (Strict-Transport-Security, over TLS only); 0: not",
              set_hsts, [](const C& c) { return std::to_string(c.tls.hsts_seconds); }},
    ConfigKey{"tls.allow_cleartext", "true: listen beyond loopback without TLS, knowingly",
              set_flag<&C::allow_cleartext>, show_flag<&C::allow_cleartext>},
    ConfigKey{"threads.loops", "event loops for connections; 0: one per core", set_number<&C::loop_threads, 0, 256>,
              show_number<&C::loop_threads>},
    ConfigKey{"threads.readers", "threads for look-ups, metadata and search", set_number<&C::reader_threads, 1, 256>,
              show_number<&C::reader_threads>},
    ConfigKey{"threads.writers", "threads for uploads and deletes", set_number<&C::writer_threads, 1, 256>,
              show_number<&C::writer_threads>},
    ConfigKey{"limits.connections", "connections at once; more are answered 503",
              set_number<&C::max_connections, 1, 1'000'000>, show_number<&C::max_connections>},
    ConfigKey{"limits.head_bytes", "request line and fields; more is answered 431",
              set_number<&C::max_head_bytes, 1024, 1'048'576>, show_number<&C::max_head_bytes>},
    ConfigKey{"limits.idle_seconds", "how long a connection may rest between requests",
              set_seconds<&C::idle_timeout, 1, 86400>, show_seconds<&C::idle_timeout>},
    ConfigKey{"limits.body_seconds", "how long a body or an answer may stand still",
              set_seconds<&C::body_timeout, 1, 86400>, show_seconds<&C::body_timeout>},
    ConfigKey{"limits.requests_per_second", "of one client (an address; an IPv6 /64), on average; more: 429; 0: any",
              set_number<&C::requests_per_second, 0, 10'000'000>, show_number<&C::requests_per_second>},
    ConfigKey{"limits.burst", "requests that a client may make at once after a rest",
              set_number<&C::request_burst, 1, 10'000'000>, show_number<&C::request_burst>},
    ConfigKey{"limits.concurrent_requests_per_client", "requests of one client at once; more: 429; 0: any",
              set_number<&C::requests_at_once, 0, 1'000'000>, show_number<&C::requests_at_once>},
    ConfigKey{"limits.connections_per_client", "connections of one client; more: 429; 0: any",
              set_number<&C::connections_per_client, 0, 1'000'000>, show_number<&C::connections_per_client>},
    ConfigKey{"limits.wrong_credentials_per_client",
              "401 answers to credentials; then 429, and one more try a second; 0: any",
              set_number<&C::wrong_credentials, 0, 1'000'000>, show_number<&C::wrong_credentials>},
    ConfigKey{"limits.malformed_requests_per_client",
              "broken heads and uploads that are no DICOM; then its connections rest a second each; 0: any",
              set_number<&C::malformed_requests, 0, 1'000'000>, show_number<&C::malformed_requests>},
    ConfigKey{"limits.exempt_clients", "addresses and networks that no limit per client holds for",
              set_networks<&C::exempt_clients>, show_list<&C::exempt_clients>},
    ConfigKey{"limits.body_memory_mib", "for all uploads being received; beyond it they get small buffers",
              set_number<&C::body_memory_mib, 1, 1'048'576>, show_number<&C::body_memory_mib>},
    ConfigKey{"limits.concurrent_uploads", "of all clients; more: 429; 0: any",
              set_number<&C::uploads_at_once, 0, 1'000'000>, show_number<&C::uploads_at_once>},
    ConfigKey{"limits.max_instance_mib", "of one stored file; a larger one is refused; 0: any",
              set_number<&C::max_instance_mib, 0, 1'000'000'000>, show_number<&C::max_instance_mib>},
    ConfigKey{"limits.max_request_gib", "of one upload's body; more is answered 413; 0: any",
              set_number<&C::max_request_gib, 0, 1'000'000'000>, show_number<&C::max_request_gib>},
    ConfigKey{"limits.upload_gib_per_day", "of one caller, by UTC day; then 429 until it ends; 0: any",
              set_number<&C::upload_gib_per_day, 0, 1'000'000'000>, show_number<&C::upload_gib_per_day>},
    ConfigKey{"limits.shutdown_seconds", "how long requests in flight may take after SIGTERM",
              set_seconds<&C::shutdown_timeout, 0, 86400>, show_seconds<&C::shutdown_timeout>},
    ConfigKey{"uploads.lease_seconds", "after which an upload whose process died is reclaimed",
              set_seconds<&C::upload_lease, 1, 86400>, show_seconds<&C::upload_lease>},
    ConfigKey{"storage.min_free_mib", "uploads are refused while less than this is free, in MiB; 0: never",
              set_number<&C::min_free_mib, 0, 1'000'000'000>, show_number<&C::min_free_mib>},
    ConfigKey{"cache.instances", "located instances kept in memory; each holds a file open",
              set_number<&C::cached_instances, 1, 1'000'000>, show_number<&C::cached_instances>},
    ConfigKey{"cache.frame_table_mib", "frame-table blocks kept in memory, in MiB",
              set_number<&C::cached_frame_table_mib, 1, 65536>, show_number<&C::cached_frame_table_mib>},
    ConfigKey{"log.level", "debug, info, warning, error or off", set_log_level,
              [](const C& c) { return toml_string(kLevelNames[static_cast<std::size_t>(c.log_level)]); }},
    ConfigKey{"log.format", "text or json", set_log_format,
              [](const C& c) { return toml_string(c.log_format == LogFormat::Json ? "json" : "text"); }},
    ConfigKey{"log.access", "one line per request", set_flag<&C::log_access>, show_flag<&C::log_access>},
    ConfigKey{"cors.origins", "origins whose pages may use the server; \"*\" for any; none: its own page only",
              set_list<&C::cors_origins>, show_list<&C::cors_origins>},
    ConfigKey{"cors.methods", "what pages of cors.origins may do: GET, POST, …; none: all", set_list<&C::cors_methods>,
              show_list<&C::cors_methods>},
    ConfigKey{"cors.headers", "fields that pages may send; none: whatever they ask for", set_list<&C::cors_headers>,
              show_list<&C::cors_headers>},
    ConfigKey{"cors.max_age_seconds", "how long a browser may keep a preflight's answer",
              set_number<&C::cors_max_age_seconds, 0, 86400>, show_number<&C::cors_max_age_seconds>},
    ConfigKey{"cors.allow_credentials", "whether pages may send cookies along; not with origin \"*\"",
              set_flag<&C::cors_allow_credentials>, show_flag<&C::cors_allow_credentials>},
    ConfigKey{"auth.policy_file", "who may do what (doc/authorisation.md); none: owner, label-reader and reader",
              [](C& c, std::string_view, std::string_view text) {
                c.policy_file = text;
                return Status();
              },
              [](const C& c) { return toml_string(c.policy_file.string()); }},
    ConfigKey{"auth.keys", "true: keys made by `tessera admin keys` are taken, and every request needs a credential",
              set_flag<&C::api_keys>, show_flag<&C::api_keys>},
    ConfigKey{"audit.enabled", "keep a trail of who did what (doc/audit.md)", set_flag<&C::audit_enabled>,
              show_flag<&C::audit_enabled>},
    ConfigKey{"audit.required", "refuse changes while the audit trail cannot be written", set_flag<&C::audit_required>,
              show_flag<&C::audit_required>},
    ConfigKey{"audit.path", "the audit trail's folder, where it is not `audit` in the data folder",
              [](C& c, std::string_view, std::string_view text) {
                c.audit_path = text;
                return Status();
              },
              [](const C& c) { return toml_string(c.audit_path); }},
    ConfigKey{"audit.searches", "what of a search is audited: values, or only the keys that were asked for",
              set_audit_searches, [](const C& c) { return toml_string(c.audit_searches); }},
    ConfigKey{"audit.window_seconds", "within which reads of one instance by one caller are one audit line",
              set_seconds<&C::audit_window, 1, 86400>, show_seconds<&C::audit_window>},
    ConfigKey{"audit.file_mib", "size from which the audit trail goes on in another file, in MiB",
              set_number<&C::audit_file_mib, 1, 65536>, show_number<&C::audit_file_mib>},
    ConfigKey{"features.partitions", "data partitions: every path names one; not off again once one was made",
              set_flag<&C::partitions>, show_flag<&C::partitions>},
};

}  // namespace

std::span<const ConfigKey> config_keys() {
  return kKeys;
}

const ConfigKey* find_key(std::string_view name) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [name](const ConfigKey& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

std::string_view nearest_key(std::string_view name) {
  return std::min_element(kKeys.begin(), kKeys.end(),
                          [name](const ConfigKey& a, const ConfigKey& b) {
                            return edit_distance(a.name, name) < edit_distance(b.name, name);
                          })
      ->name;
}

std::string environment_name(std::string_view key) {
  std::string name = "TESSERA_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

}  // namespace tessera::app
