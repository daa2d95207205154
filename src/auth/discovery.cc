#include "auth/discovery.h"

#include <algorithm>
#include <charconv>

namespace tessera::auth {

namespace {

constexpr std::size_t kMaxDiscovery = 128 * 1024;
constexpr JsonLimits kDiscoveryLimits{8, 4096};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// application/json, application/jwk-set+json and their like.
bool is_json(std::string_view content_type) {
  std::string type = lower(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) {
    type.pop_back();
  }
  return type == "application/json" || type.ends_with("+json");
}

Result<net::ClientAnswer> ask_for_json(const IssuerOptions& issuer, const std::string& url, std::size_t max_answer,
                                       const Fetch& fetch, std::chrono::milliseconds timeout) {
  net::ClientRequest request;
  request.url = url;
  request.fields = {{"Accept", "application/json"}};
  request.ca_file = issuer.ca_file;
  request.timeout = timeout;
  request.max_answer = max_answer;
  TRY_ASSIGN(net::ClientAnswer answer, fetch(request));
  if (answer.status != 200) {
    const bool redirect = answer.status >= 300 && answer.status < 400;
    return Status(Code::Unavailable, "ask " + url + ": the answer is " + std::to_string(answer.status) +
                                         (redirect ? ", and redirects are not followed" : ""));
  }
  if (!is_json(answer.content_type)) {
    return Status(Code::Corrupt,
                  "ask " + url + ": the answer is '" + answer.content_type.substr(0, 80) + "', not JSON");
  }
  return answer;
}

// A member that, where it is there, must be a URL that may be asked; of an issuer elsewhere none on this machine.
Status read_url(const IssuerOptions& issuer, const Json& document, const char* name, std::string& out) {
  const std::string_view url = document.string_of(name);
  if (!url.empty()) {
    RETURN_IF_ERROR(check_issuer_url(std::string("discovery: ") + name, url));
    if (issuer.url.starts_with("https://") && !url.starts_with("https://")) {
      return Status(Code::Corrupt, std::string("discovery: ") + name + " is not https, and the issuer is");
    }
  }
  out = url;
  return {};
}

}  // namespace

Result<net::ClientAnswer> http_fetch(const net::ClientRequest& request) {
  return request.form.empty() ? net::http_get(request) : net::http_post_form(request);
}

Result<Discovery> fetch_discovery(const IssuerOptions& issuer, const Fetch& fetch, std::chrono::milliseconds timeout) {
  std::string url = issuer.url;
  if (url.ends_with('/')) {
    url.pop_back();
  }
  url += "/.well-known/openid-configuration";
  TRY_ASSIGN(const net::ClientAnswer answer, ask_for_json(issuer, url, kMaxDiscovery, fetch, timeout));
  const auto document = parse_json(answer.body, kDiscoveryLimits);
  if (!document.ok()) {
    return document.status().while_doing("ask " + url);
  }
  if (document->string_of("issuer") != issuer.url) {
    return Status(Code::Corrupt, "ask " + url + ": the issuer there calls itself '" +
                                     std::string(document->string_of("issuer").substr(0, 200)) + "', not '" +
                                     issuer.url + "'");
  }
  Discovery out;
  out.date = answer.date;
  RETURN_IF_ERROR(read_url(issuer, *document, "jwks_uri", out.jwks_uri));
  RETURN_IF_ERROR(read_url(issuer, *document, "authorization_endpoint", out.authorization_endpoint));
  RETURN_IF_ERROR(read_url(issuer, *document, "introspection_endpoint", out.introspection_endpoint));
  RETURN_IF_ERROR(read_url(issuer, *document, "token_endpoint", out.token_endpoint));
  RETURN_IF_ERROR(read_url(issuer, *document, "end_session_endpoint", out.end_session_endpoint));
  RETURN_IF_ERROR(read_url(issuer, *document, "revocation_endpoint", out.revocation_endpoint));
  const Json* sends_iss = document->find("authorization_response_iss_parameter_supported");
  out.sends_iss = sends_iss != nullptr && sends_iss->flag;
  if (out.jwks_uri.empty()) {
    return Status(Code::Corrupt, "ask " + url + ": there is no jwks_uri");
  }
  return out;
}

Result<FetchedKeys> fetch_keys(const IssuerOptions& issuer, const std::string& jwks_uri, const Fetch& fetch,
                               std::chrono::milliseconds timeout) {
  TRY_ASSIGN(const net::ClientAnswer answer, ask_for_json(issuer, jwks_uri, KeySet::kMaxBytes, fetch, timeout));
  auto keys = KeySet::parse(answer.body);
  if (!keys.ok()) {
    return keys.status().while_doing("ask " + jwks_uri);
  }
  return FetchedKeys{std::move(*keys), max_age_of(answer.cache_control)};
}

std::chrono::seconds max_age_of(std::string_view cache_control) {
  const std::string text = lower(cache_control);
  std::chrono::seconds found{-1};
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (word.starts_with(' ')) {
      word.remove_prefix(1);
    }
    while (word.ends_with(' ')) {
      word.remove_suffix(1);
    }
    if (word == "no-store" || word == "no-cache") {
      return std::chrono::seconds(0);
    }
    constexpr std::string_view kMaxAge = "max-age=";
    std::uint32_t seconds = 0;
    if (word.starts_with(kMaxAge)) {
      const char* last = word.data() + word.size();
      const auto parsed = std::from_chars(word.data() + kMaxAge.size(), last, seconds);
      if (parsed.ec == std::errc() && parsed.ptr == last) {
        found = std::chrono::seconds(seconds);
      }
    }
  }
  return found;
}

}  // namespace tessera::auth
