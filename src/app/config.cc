#include "app/config.h"

#include <algorithm>
#include <sstream>

#include "app/config_issuers.h"
#include "app/config_keys.h"
#include "auth/policy_source.h"
#include "base/file.h"
#include "base/toml.h"

namespace tessera::app {

namespace {

constexpr std::uint64_t kMaxConfigBytes = 1024 * 1024;
// Variables of the project's own scripts and tests, which are no settings.
constexpr std::string_view kNotSettings[] = {"TESSERA_BIN", "TESSERA_URL", "TESSERA_DISK_", "TESSERA_TEST_"};

Status unknown_key(std::string_view where, std::string_view key) {
  return Status(Code::InvalidArgument, std::string(where) + ": there is no key '" + std::string(key) +
                                           "'; the nearest is '" + std::string(nearest_key(key)) + "'");
}

// A TOML scalar or list of strings as the text that set_key takes.
Result<std::string> as_setting(const std::string& key, const toml::node& node) {
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  if (const auto* number = node.as_integer()) {
    return std::to_string(number->get());
  }
  if (const auto* flag = node.as_boolean()) {
    return std::string(flag->get() ? "true" : "false");
  }
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *list) {
      if (!item.is_string()) {
        return Status(Code::InvalidArgument, "configuration: " + key + " must be a list of strings");
      }
      joined += joined.empty() ? "" : ",";
      joined += item.as_string()->get();
    }
    return joined;
  }
  return Status(Code::InvalidArgument, "configuration: " + key + " has a value of a kind that no key takes");
}

Result<std::string> token_text(const toml::table& table, const std::string& name) {
  if (table.contains("token") && table.contains("token_file")) {
    return Status(Code::InvalidArgument, "configuration: auth.tokens '" + name + "' has token and token_file");
  }
  if (const auto token = table["token"].value<std::string>()) {
    return *token;
  }
  if (const auto file = table["token_file"].value<std::string>()) {
    TRY_ASSIGN(std::string text, read_file(*file, 64 * 1024));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
      text.pop_back();
    }
    return text;
  }
  return Status(Code::InvalidArgument, "configuration: auth.tokens '" + name + "' needs token or token_file");
}

Result<auth::StaticToken> read_token(const toml::table& table) {
  for (const auto& [key, value] : table) {
    const std::string_view name = key.str();
    if (name != "name" && name != "token" && name != "token_file" && name != "role") {
      return Status(Code::InvalidArgument, "configuration: auth.tokens has no key '" + std::string(name) +
                                               "'; it knows name, token, token_file and role");
    }
    if (!value.is_string()) {
      return Status(Code::InvalidArgument, "configuration: auth.tokens: " + std::string(name) + " must be a string");
    }
  }
  auth::StaticToken token;
  token.name = table["name"].value_or(std::string());
  if (token.name.empty()) {
    return Status(Code::InvalidArgument, "configuration: every auth.tokens entry needs a name");
  }
  TRY_ASSIGN(const std::string text, token_text(table, token.name));
  if (text.size() < 8) {
    return Status(Code::InvalidArgument,
                  "configuration: the token of '" + token.name + "' is shorter than 8 characters");
  }
  token.digest = auth::digest_of(text);
  token.role = table["role"].value_or(std::string("reader"));
  return token;
}

Status read_tokens(Config& config, const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr) {
    return Status(Code::InvalidArgument, "configuration: auth.tokens must be a list of tables");
  }
  for (const toml::node& item : *list) {
    if (!item.is_table()) {
      return Status(Code::InvalidArgument, "configuration: auth.tokens must be a list of tables");
    }
    TRY_ASSIGN(auth::StaticToken token, read_token(*item.as_table()));
    const auto same = std::find_if(config.tokens.begin(), config.tokens.end(),
                                   [&token](const auth::StaticToken& held) { return held.digest == token.digest; });
    if (same != config.tokens.end()) {
      return Status(Code::InvalidArgument,
                    "configuration: auth.tokens '" + same->name + "' and '" + token.name + "' are the same token");
    }
    const auto file = (*item.as_table())["token_file"].value<std::string>();
    config.secret_files.emplace_back(file ? *file : *node.source().path);
    config.tokens.push_back(std::move(token));
  }
  return {};
}

// [[cors.sites]]
Status read_cors_sites(Config& config, const toml::node& node) {
  const toml::array* list = node.as_array();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const toml::table* table = list->get(i)->as_table();
    if (table == nullptr) {
      list = nullptr;
      break;
    }
    dicomweb::CorsSite site;
    for (const auto& [key, value] : *table) {
      const toml::array* methods = value.as_array();
      if (key.str() == "origin" && value.is_string()) {
        site.origin = value.as_string()->get();
      } else if (key.str() == "allow_credentials" && value.is_boolean()) {
        site.credentials = value.as_boolean()->get();
      } else if (key.str() == "methods" && methods != nullptr && methods->is_homogeneous<std::string>()) {
        for (const toml::node& method : *methods) {
          site.methods.push_back(method.as_string()->get());
        }
      } else {
        return Status(Code::InvalidArgument,
                      "configuration: cors.sites knows origin, methods (a list of strings) and "
                      "allow_credentials, not this '" +
                          std::string(key.str()) + "'");
      }
    }
    RETURN_IF_ERROR(dicomweb::check_cors_site(site).while_doing("configuration"));
    config.cors_sites.push_back(std::move(site));
  }
  return list != nullptr ? Status()
                         : Status(Code::InvalidArgument, "configuration: cors.sites must be a list of tables");
}

Status read_table(Config& config, const toml::table& table, const std::string& prefix) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (key == "auth.tokens") {
      RETURN_IF_ERROR(read_tokens(config, node));
      continue;
    }
    if (key == "auth.issuers") {
      RETURN_IF_ERROR(read_issuers(config, node));
      continue;
    }
    if (key == "cors.sites") {
      RETURN_IF_ERROR(read_cors_sites(config, node));
      continue;
    }
    if (const toml::table* inner = node.as_table()) {
      RETURN_IF_ERROR(read_table(config, *inner, key + "."));
      continue;
    }
    if (find_key(key) == nullptr) {
      return unknown_key("configuration", key);
    }
    TRY_ASSIGN(const std::string text, as_setting(key, node));
    RETURN_IF_ERROR(set_key(config, key, text));
  }
  return {};
}

Status check_policy(const Config& config) {
  TRY_ASSIGN(const auth::Policy policy, auth::read_policy(config.policy_file, false));
  for (const auth::StaticToken& token : config.tokens) {
    RETURN_IF_ERROR(policy.check_role(token.role).while_doing("configuration: the role of token '" + token.name + "'"));
  }
  return {};
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Status check_tls(const Config& config) {
  const net::TlsOptions& tls = config.tls;
  if (tls.certificate.empty() != tls.key.empty()) {
    return Status(Code::InvalidArgument, std::string("TLS wants both tls.certificate and tls.key; ") +
                                             (tls.key.empty() ? "tls.key" : "tls.certificate") + " is missing");
  }
  const bool asks = tls.client_certificates != net::ClientCertificates::None;
  if (asks && !tls.enabled()) {
    return Status(Code::InvalidArgument, "tls.client_certificates wants tls.certificate and tls.key");
  }
  if (asks != !tls.client_ca.empty()) {
    return Status(Code::InvalidArgument, asks ? "tls.client_certificates wants tls.client_ca: who vouches for clients"
                                              : "tls.client_ca wants tls.client_certificates = \"optional\" or "
                                                "\"required\"");
  }
  // Where a proxy is trusted, it is the one that ends TLS.
  if (!tls.enabled() && !is_loopback(config.listen_host) && !config.allow_cleartext && config.trusted_proxies.empty()) {
    return Status(
        Code::InvalidArgument,
        "listening on " + config.listen_host +
            " in the clear would show slides and tokens to the network; configure tls.certificate and "
            "tls.key, name the proxy that ends TLS in trusted_proxies, or say --insecure-cleartext if that is "
            "what you want");
  }
  return {};
}

// What a sign-in leaves in the browser is for TLS alone, but on this machine itself.
Status check_login(const Config& config) {
  const bool signs_in = std::any_of(config.issuers.begin(), config.issuers.end(),
                                    [](const auth::IssuerOptions& issuer) { return issuer.signs_in(); });
  if (!signs_in || config.tls.enabled() || config.public_url.starts_with("https://") ||
      !config.trusted_proxies.empty() || is_loopback(config.listen_host)) {
    return {};
  }
  return Status(Code::InvalidArgument,
                "auth.issuers login: browsers keep its cookie for https only; configure tls.certificate and tls.key, "
                "or name the proxy that ends TLS in trusted_proxies, or an https:// public_url");
}

}  // namespace

Status set_key(Config& config, std::string_view key, std::string_view value) {
  const ConfigKey* row = find_key(key);
  return row == nullptr ? unknown_key("configuration", key) : row->set(config, key, value);
}

Status read_config_file(Config& config, const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string text, read_file(path, kMaxConfigBytes));
  try {
    const toml::table table = toml::parse(text, path.string());
    return read_table(config, table, "").while_doing("read '" + path.string() + "'");
  } catch (const toml::parse_error& error) {
    std::ostringstream what;
    what << "read '" << path.string() << "', line " << error.source().begin.line << ": " << error.description();
    return Status(Code::InvalidArgument, what.str());
  }
}

Status read_environment(Config& config, char** environment) {
  for (char** at = environment; *at != nullptr; ++at) {
    const std::string_view entry = *at;
    const std::size_t equals = entry.find('=');
    const std::string_view name = entry.substr(0, equals);
    const bool ours = name.starts_with("TESSERA_") &&
                      std::none_of(std::begin(kNotSettings), std::end(kNotSettings),
                                   [name](std::string_view other) { return name.starts_with(other); });
    if (!ours || equals == entry.npos) {
      continue;
    }
    const auto keys = config_keys();
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [name](const ConfigKey& key) { return environment_name(key.name) == name; });
    if (found == keys.end()) {
      std::string guess(name.substr(8));
      std::transform(guess.begin(), guess.end(), guess.begin(), [](unsigned char c) { return std::tolower(c); });
      return Status(Code::InvalidArgument, "environment: " + std::string(name) + " is no setting; the nearest is " +
                                               environment_name(nearest_key(guess)));
    }
    RETURN_IF_ERROR(found->set(config, name, entry.substr(equals + 1)));
  }
  return {};
}

Status check_config(const Config& config) {
  const bool open = config.tokens.empty() && config.issuers.empty() && !config.api_keys;
  if (!is_loopback(config.listen_host) && open && !config.insecure_no_auth) {
    return Status(Code::InvalidArgument,
                  "listening on " + config.listen_host +
                      " without authentication would give every slide to whoever can reach it; configure auth.tokens, "
                      "auth.keys or auth.issuers, or say --insecure-no-auth if that is what you want");
  }
  RETURN_IF_ERROR(check_tls(config));
  RETURN_IF_ERROR(check_login(config));
  for (const dicomweb::CorsSite& site : cors_options(config).sites) {
    RETURN_IF_ERROR(dicomweb::check_cors_site(site));
  }
  return check_policy(config);
}

dicomweb::CorsOptions cors_options(const Config& config) {
  dicomweb::CorsOptions options{config.cors_sites, config.cors_headers, config.cors_max_age_seconds};
  for (const std::string& origin : config.cors_origins) {
    options.sites.push_back({origin, config.cors_methods, config.cors_allow_credentials});
  }
  return options;
}

std::string print_config(const Config& config) {
  std::string out;
  std::string section;
  for (const ConfigKey& key : config_keys()) {
    const std::size_t dot = key.name.find('.');
    const std::string_view in = dot == key.name.npos ? std::string_view() : key.name.substr(0, dot);
    if (in != section) {
      section = std::string(in);
      out += "\n[" + section + "]\n";
    }
    out += std::string(dot == key.name.npos ? key.name : key.name.substr(dot + 1)) + " = " + key.show(config) + "\n";
  }
  for (const dicomweb::CorsSite& site : config.cors_sites) {
    out += "\n[[cors.sites]]\norigin = \"" + site.origin + "\"\nmethods = [";
    for (const std::string& method : site.methods) {
      out += (out.ends_with('[') ? "\"" : ", \"") + method + "\"";
    }
    out += std::string("]\nallow_credentials = ") + (site.credentials ? "true\n" : "false\n");
  }
  for (const auth::StaticToken& token : config.tokens) {
    out += "\n[[auth.tokens]]\nname = " + toml_string(token.name) + "\ntoken = \"********\"\nrole = \"" + token.role +
           "\"\n";
  }
  out += print_issuers(config);
  return out;
}

std::string describe_keys() {
  const Config defaults;
  std::string out = "| key | environment | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const ConfigKey& key : config_keys()) {
    out += "| `" + std::string(key.name) + "` | `" + environment_name(key.name) + "` | `" + key.show(defaults) +
           "` | " + std::string(key.meaning) + " |\n";
  }
  return out;
}

}  // namespace tessera::app
