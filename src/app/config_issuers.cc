#include "app/config_issuers.h"

#include <algorithm>

#include "base/file.h"
#include "base/nearest.h"

namespace tessera::app {

namespace {

using auth::IssuerOptions;

constexpr std::size_t kMaxSecret = 4096;
constexpr std::string_view kKeys[] = {
    "url",           "audiences",     "clients",    "algorithms", "token_types",        "roles_claim",
    "scope_claim",   "subject_claim", "name_claim", "ca_file",    "clock_skew_seconds", "jwks_refresh_seconds",
    "introspection", "login"};
constexpr std::string_view kIntrospectionKeys[] = {"client_id", "client_secret_file"};
constexpr std::string_view kLoginKeys[] = {"client_id", "client_secret_file", "scope", "resource"};

Status bad(std::string_view key, std::string_view rule) {
  return Status(Code::InvalidArgument, "configuration: auth.issuers " + std::string(key) + " " + std::string(rule));
}

template <std::size_t kCount>
Status check_keys(const toml::table& table, const std::string_view (&known)[kCount], std::string_view where) {
  for (const auto& [key, value] : table) {
    const std::string_view name = key.str();
    if (std::find(std::begin(known), std::end(known), name) == std::end(known)) {
      const auto nearest = std::min_element(
          std::begin(known), std::end(known),
          [name](std::string_view a, std::string_view b) { return edit_distance(a, name) < edit_distance(b, name); });
      return Status(Code::InvalidArgument, "configuration: " + std::string(where) + " has no key '" +
                                               std::string(name) + "'; the nearest is '" + std::string(*nearest) + "'");
    }
  }
  return {};
}

Status read_text(const toml::table& table, std::string_view key, std::string& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    return {};
  }
  const auto* text = node->as_string();
  if (text == nullptr) {
    return bad(key, "must be a string");
  }
  out = text->get();
  return {};
}

Status read_list(const toml::table& table, std::string_view key, std::vector<std::string>& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    return {};
  }
  const toml::array* list = node->as_array();
  if (list == nullptr || list->empty()) {
    return bad(key, "must be a list of strings, with at least one");
  }
  for (const toml::node& item : *list) {
    const auto* text = item.as_string();
    if (text == nullptr || text->get().empty() || text->get().find_first_of("\"\\\r\n") != std::string::npos) {
      return bad(key, "must hold strings without quotes, and none that is empty");
    }
    out.push_back(text->get());
  }
  return {};
}

Status read_seconds(const toml::table& table, std::string_view key, std::chrono::seconds& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    return {};
  }
  const auto* number = node->as_integer();
  if (number == nullptr || number->get() < 0 || number->get() > 86400) {
    return bad(key, "must be a whole number of seconds, up to 86400");
  }
  out = std::chrono::seconds(number->get());
  return {};
}

Status read_secret(std::string_view key, const std::string& file, Config& config, std::string& out) {
  auto secret = read_file(file, kMaxSecret);
  if (!secret.ok()) {
    return secret.status().while_doing("configuration: auth.issuers " + std::string(key));
  }
  while (secret->ends_with('\n') || secret->ends_with('\r')) {
    secret->pop_back();
  }
  if (secret->empty()) {
    return bad(key, "'" + file + "' is empty");
  }
  out = std::move(*secret);
  config.secret_files.emplace_back(file);
  return {};
}

Status read_introspection(const toml::table& table, Config& config, IssuerOptions& out) {
  const toml::node* node = table.get("introspection");
  if (node == nullptr) {
    return {};
  }
  if (!node->is_table()) {
    return bad("introspection", "must be a table with client_id and client_secret_file");
  }
  const toml::table& inner = *node->as_table();
  RETURN_IF_ERROR(check_keys(inner, kIntrospectionKeys, "auth.issuers introspection"));
  std::string file;
  RETURN_IF_ERROR(read_text(inner, "client_id", out.introspection_client));
  RETURN_IF_ERROR(read_text(inner, "client_secret_file", file));
  if (out.introspection_client.empty() || file.empty()) {
    return bad("introspection", "needs client_id and client_secret_file");
  }
  return read_secret("introspection client_secret_file", file, config, out.introspection_secret);
}

Status read_login(const toml::table& table, Config& config, IssuerOptions& out) {
  const toml::node* node = table.get("login");
  if (node == nullptr) {
    return {};
  }
  if (!node->is_table()) {
    return bad("login", "must be a table with client_id, and perhaps client_secret_file, scope and resource");
  }
  const toml::table& inner = *node->as_table();
  RETURN_IF_ERROR(check_keys(inner, kLoginKeys, "auth.issuers login"));
  std::string file;
  RETURN_IF_ERROR(read_text(inner, "client_id", out.login_client));
  RETURN_IF_ERROR(read_text(inner, "client_secret_file", file));
  RETURN_IF_ERROR(read_text(inner, "scope", out.login_scope));
  RETURN_IF_ERROR(read_text(inner, "resource", out.login_resource));
  if (out.login_client.empty()) {
    return bad("login", "needs client_id");
  }
  return file.empty() ? Status() : read_secret("login client_secret_file", file, config, out.login_secret);
}

Result<IssuerOptions> read_issuer(const toml::table& table, Config& config) {
  RETURN_IF_ERROR(check_keys(table, kKeys, "auth.issuers"));
  IssuerOptions out;
  const struct {
    std::string_view key;
    std::string& value;
  } texts[] = {{"url", out.url},
               {"roles_claim", out.roles_claim},
               {"scope_claim", out.scope_claim},
               {"subject_claim", out.subject_claim},
               {"name_claim", out.name_claim},
               {"ca_file", out.ca_file}};
  for (const auto& [key, value] : texts) {
    RETURN_IF_ERROR(read_text(table, key, value));
  }
  if (out.url.empty()) {
    return bad("url", "must be given for every issuer");
  }
  RETURN_IF_ERROR(read_list(table, "audiences", out.audiences));
  RETURN_IF_ERROR(read_list(table, "clients", out.clients));
  RETURN_IF_ERROR(read_list(table, "algorithms", out.algorithms));
  RETURN_IF_ERROR(read_list(table, "token_types", out.token_types));
  for (std::string& type : out.token_types) {
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  }
  RETURN_IF_ERROR(read_seconds(table, "clock_skew_seconds", out.clock_skew));
  RETURN_IF_ERROR(read_seconds(table, "jwks_refresh_seconds", out.jwks_refresh));
  RETURN_IF_ERROR(read_introspection(table, config, out));
  RETURN_IF_ERROR(read_login(table, config, out));
  return out;
}

toml::array as_array(const std::vector<std::string>& list) {
  toml::array out;
  for (const std::string& text : list) {
    out.push_back(text);
  }
  return out;
}

toml::table login_table(const IssuerOptions& issuer) {
  toml::table out{{"client_id", issuer.login_client}, {"scope", issuer.login_scope}};
  if (!issuer.login_secret.empty()) {
    out.insert("client_secret_file", "********");
  }
  if (!issuer.login_resource.empty()) {
    out.insert("resource", issuer.login_resource);
  }
  out.is_inline(true);
  return out;
}

}  // namespace

Status read_issuers(Config& config, const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr ||
      !std::all_of(list->begin(), list->end(), [](const toml::node& item) { return item.is_table(); })) {
    return Status(Code::InvalidArgument, "configuration: auth.issuers must be a list of tables");
  }
  for (const toml::node& item : *list) {
    TRY_ASSIGN(IssuerOptions issuer, read_issuer(*item.as_table(), config));
    config.issuers.push_back(std::move(issuer));
  }
  return auth::check_issuers(config.issuers);
}

std::string print_issuers(const Config& config) {
  std::ostringstream out;
  for (const IssuerOptions& issuer : config.issuers) {
    toml::table table{{"url", issuer.url},
                      {"audiences", as_array(issuer.audiences)},
                      {"roles_claim", issuer.roles_claim},
                      {"subject_claim", issuer.subject_claim},
                      {"name_claim", issuer.name_claim},
                      {"clock_skew_seconds", static_cast<std::int64_t>(issuer.clock_skew.count())},
                      {"jwks_refresh_seconds", static_cast<std::int64_t>(issuer.jwks_refresh.count())}};
    const struct {
      const char* key;
      const std::vector<std::string>& list;
    } lists[] = {{"clients", issuer.clients}, {"algorithms", issuer.algorithms}, {"token_types", issuer.token_types}};
    for (const auto& [key, values] : lists) {
      if (!values.empty()) {
        table.insert(key, as_array(values));
      }
    }
    if (!issuer.scope_claim.empty()) {
      table.insert("scope_claim", issuer.scope_claim);
    }
    if (!issuer.ca_file.empty()) {
      table.insert("ca_file", issuer.ca_file);
    }
    if (issuer.introspects()) {
      toml::table inner{{"client_id", issuer.introspection_client}, {"client_secret_file", "********"}};
      inner.is_inline(true);
      table.insert("introspection", std::move(inner));
    }
    if (issuer.signs_in()) {
      table.insert("login", login_table(issuer));
    }
    out << "\n[[auth.issuers]]\n" << table << "\n";
  }
  return out.str();
}

}  // namespace tessera::app
