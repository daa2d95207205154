// Configuration: TOML file < environment TESSERA_… < flags. Read once at start, then constant.
//
// One table (config_keys.cc) knows every key: its name, its environment variable, its check and how it is printed. An
// unknown key is an error that names the nearest known one.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "auth/issuer_options.h"
#include "auth/tokens.h"
#include "base/log.h"
#include "base/result.h"
#include "dicomweb/cors.h"
#include "net/tls_context.h"

namespace tessera::app {

struct Config {
  std::filesystem::path data = "./tessera-data";
  std::string user;  // that a server started as root becomes before it opens anything
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 8080;
  std::string public_url;         // when clients reach the server under another address than they put into Host
  bool insecure_no_auth = false;  // serve beyond loopback without authentication, knowingly
  std::vector<std::string> trusted_proxies;

  net::TlsOptions tls;           // without a certificate: in the clear
  bool allow_cleartext = false;  // serve beyond loopback without TLS, knowingly

  unsigned loop_threads = 0;     // 0: one per core
  unsigned reader_threads = 8;   // look-ups, metadata, search
  unsigned writer_threads = 16;  // uploads: each waits for the disk most of the time

  std::uint32_t max_connections = 10'000;
  std::uint32_t max_head_bytes = 32 * 1024;
  std::chrono::seconds idle_timeout{75};
  std::chrono::seconds body_timeout{30};
  std::chrono::seconds shutdown_timeout{30};
  std::chrono::seconds upload_lease{60};  // after which another process may reclaim a dead upload

  // One client: an address, or an IPv6 /64. 0: no limit.
  std::uint32_t requests_per_second = 2000;
  std::uint32_t request_burst = 4000;
  std::uint32_t requests_at_once = 256;
  std::uint32_t connections_per_client = 1000;
  std::uint32_t wrong_credentials = 100;   // at once; one more a second
  std::uint32_t malformed_requests = 200;  // at once; ten more a second
  std::vector<std::string> exempt_clients = {"127.0.0.0/8", "::1"};
  std::uint32_t body_memory_mib = 256;

  // 0: no limit.
  std::uint32_t uploads_at_once = 256;
  std::uint32_t max_instance_mib = 0;
  std::uint32_t max_request_gib = 0;
  std::uint32_t upload_gib_per_day = 0;

  std::uint32_t min_free_mib = 1024;  // below it uploads are refused (507) and the server is not ready

  std::uint32_t cached_instances = 4096;  // one open file each
  std::uint32_t cached_frame_table_mib = 64;

  LogLevel log_level = LogLevel::Info;
  LogFormat log_format = LogFormat::Text;
  bool log_access = true;  // one line per request

  std::vector<std::string> cors_origins;  // none: only the server's own page
  std::uint32_t cors_max_age_seconds = 7200;
  bool cors_allow_credentials = false;
  std::vector<std::string> cors_methods;       // of cors_origins; none: all
  std::vector<std::string> cors_headers;       // none: whatever is asked for
  std::vector<dicomweb::CorsSite> cors_sites;  // [[cors.sites]]: origins with rules of their own

  bool partitions = false;  // data partitions: every path names one

  bool audit_enabled = true;
  bool audit_required = true;             // no change without its audit line
  std::string audit_path;                 // empty: `audit` in the data folder
  std::string audit_searches = "values";  // or "keys"
  std::chrono::seconds audit_window{60};  // within which repeated reads are one line
  std::uint32_t audit_file_mib = 64;      // a file that is larger is followed by another

  std::filesystem::path policy_file;                // empty: the built-in policy
  bool api_keys = false;                            // API keys of the catalog are taken
  std::vector<auth::StaticToken> tokens;            // neither these nor keys nor issuers: no authentication
  std::vector<auth::IssuerOptions> issuers;         // whose tokens are taken, too
  std::vector<std::filesystem::path> secret_files;  // that tokens were read from, for the doctor
};

using Settings = std::vector<std::pair<std::string, std::string>>;  // key → value, as text

// One key set from text. InvalidArgument naming the key and what is allowed.
Status set_key(Config& config, std::string_view key, std::string_view value);

// The file's keys, over `config`.
Status read_config_file(Config& config, const std::filesystem::path& path);

// TESSERA_LOG_LEVEL=debug and its like; `environment` as of environ.
Status read_environment(Config& config, char** environment);

// What must hold between keys: no listening beyond loopback without authentication or in the clear, credentials not
// with any origin, a policy that can be read and has the roles of the tokens.
Status check_config(const Config& config);

// What the cors keys and tables come to.
dicomweb::CorsOptions cors_options(const Config& config);

// The result as TOML, secrets masked.
std::string print_config(const Config& config);

// Every key with its default and meaning, as the table of doc/configuration.md.
std::string describe_keys();

}  // namespace tessera::app
