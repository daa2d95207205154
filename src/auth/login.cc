#include "auth/login.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <future>
#include <optional>

#include "auth/base64url.h"
#include "auth/id_token.h"
#include "auth/token_digest.h"
#include "net/uri.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kMaxTo = 2048;
constexpr std::size_t kMaxQuery = 8 * 1024;
constexpr std::size_t kMaxParameters = 32;
constexpr std::size_t kMaxCode = 4096;
constexpr std::size_t kRandomBytes = 32;
constexpr int kKeyQuestions = 3;
constexpr std::int64_t kLongestSeconds = 12 * 3600;  // of an access token, as the page is told

Result<std::string> random_text() {
  std::array<unsigned char, kRandomBytes> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return Status(Code::Unavailable, "the random generator of this machine has nothing to give");
  }
  return base64url_encode({reinterpret_cast<const char*>(random.data()), random.size()});
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// What the issuer sent the browser back with.
struct Response {
  std::string state, code, iss, error, description;
};

Result<Response> read_response(std::string_view query) {
  if (query.size() > kMaxQuery) {
    return Status(Code::InvalidArgument, "the address that the identity provider sent you back to is too long");
  }
  const auto parameters = net::parse_query(query);
  if (!parameters.ok() || parameters->size() > kMaxParameters) {
    return Status(Code::InvalidArgument, "the address that the identity provider sent you back to cannot be read");
  }
  Response out;
  const struct {
    std::string_view name;
    std::string& value;
  } known[] = {{"state", out.state},
               {"code", out.code},
               {"iss", out.iss},
               {"error", out.error},
               {"error_description", out.description}};
  for (const auto& [name, value] : *parameters) {
    for (const auto& slot : known) {
      if (slot.name != name) {
        continue;
      }
      if (!slot.value.empty()) {
        return Status(Code::InvalidArgument, "the identity provider sent you back with '" + name + "' twice");
      }
      slot.value = value;
    }
  }
  return out;
}

Status provider_error(const Response& response) {
  const bool later = response.error == "temporarily_unavailable" || response.error == "server_error";
  std::string text = "the identity provider says '" + one_line(response.error) + "'";
  if (!response.description.empty()) {
    text += ": " + one_line(response.description);
  }
  return Status(later ? Code::Unavailable : Code::PermissionDenied, std::move(text));
}

}  // namespace

// pending := state LF nonce LF verifier LF redirect-uri LF to
struct Login::Pending {
  std::string state, nonce, verifier, redirect_uri, to;

  std::array<std::string*, 5> lines() { return {&state, &nonce, &verifier, &redirect_uri, &to}; }

  std::string text() {
    std::string out;
    for (const std::string* line : lines()) {
      out += (line == &state ? "" : "\n") + *line;
    }
    return out;
  }
  static std::optional<Pending> read(std::string_view text) {
    Pending out;
    for (std::string* line : out.lines()) {
      const std::size_t end = text.find('\n');
      if ((end == text.npos) != (line == &out.to)) {
        return std::nullopt;
      }
      *line = text.substr(0, end);
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return out;
  }
};

bool is_local_path(std::string_view to) {
  return to.size() <= kMaxTo && to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/auth/") &&
         std::all_of(to.begin(), to.end(), [](char c) { return c > ' ' && c < 0x7F && c != '\\'; });
}

Result<std::shared_ptr<const Discovery>> Login::discovery() const {
  auto known = issuer_.snapshot().discovery;
  if (known == nullptr) {
    return Status(Code::Unavailable, "the identity provider cannot be reached now");
  }
  if (known->authorization_endpoint.empty() || known->token_endpoint.empty()) {
    return Status(Code::Corrupt, "the identity provider has no page to sign in on");
  }
  return known;
}

Result<Login::Begun> Login::begin(std::string_view to, std::string_view base) const {
  if (!is_local_path(to)) {
    return Status(Code::InvalidArgument, "'to' must be a path of this server of at most " + std::to_string(kMaxTo) +
                                             " characters, such as /#/");
  }
  TRY_ASSIGN(const auto issuer, discovery());
  Pending pending;
  TRY_ASSIGN(pending.state, random_text());
  TRY_ASSIGN(pending.nonce, random_text());
  TRY_ASSIGN(pending.verifier, random_text());
  pending.redirect_uri = std::string(base) + std::string(kCallback);
  pending.to = to;
  const TokenDigest challenge = digest_of(pending.verifier);
  const IssuerOptions& options = issuer_.options();
  Begun out;
  out.location = issuer->authorization_endpoint;
  const std::array<std::pair<std::string_view, std::string>, 9> parameters = {{
      {"response_type", "code"},
      {"client_id", options.login_client},
      {"redirect_uri", pending.redirect_uri},
      {"scope", options.login_scope},
      {"state", pending.state},
      {"nonce", pending.nonce},
      {"code_challenge", base64url_encode({reinterpret_cast<const char*>(challenge.data()), challenge.size()})},
      {"code_challenge_method", "S256"},
      {"resource", options.login_resource},
  }};
  char separator = out.location.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    if (!value.empty()) {
      out.location += separator + std::string(name) + "=" + net::percent_encode(value);
      separator = '&';
    }
  }
  TRY_ASSIGN(out.sealed, seal_.seal(kPurpose, now_seconds() + kSeconds, pending.text()));
  return out;
}

Result<Login::Finished> Login::finish(std::string_view query, std::string_view sealed) const {
  TRY_ASSIGN(const Response response, read_response(query));
  const auto opened = seal_.open_sealed(kPurpose, sealed, now_seconds());
  const auto pending = opened.ok() ? Pending::read(opened->text) : std::nullopt;
  if (!pending) {
    return Status(Code::InvalidArgument, "this sign-in was not begun in this browser, or more than " +
                                             std::to_string(kSeconds / 60) + " minutes ago");
  }
  if (!same(response.state, pending->state)) {
    return Status(Code::InvalidArgument, "this is not the sign-in that was begun last in this browser");
  }
  TRY_ASSIGN(const auto issuer, discovery());
  if (response.iss.empty() ? issuer->sends_iss : response.iss != issuer_.options().url) {
    return Status(Code::InvalidArgument, "another identity provider answered than the one that was asked");
  }
  if (!response.error.empty()) {
    return provider_error(response);
  }
  if (response.code.empty() || response.code.size() > kMaxCode) {
    return Status(Code::InvalidArgument, "the identity provider sent you back without a code");
  }
  TRY_ASSIGN(const GrantedTokens tokens,
             endpoint_.exchange(*issuer, response.code, pending->redirect_uri, pending->verifier));
  return take(tokens, *pending);
}

Result<Login::Finished> Login::take(const GrantedTokens& tokens, const Pending& pending) const {
  if (tokens.id_token.empty()) {
    return Status(Code::Corrupt, "the identity provider gave no ID token");
  }
  Jwt jwt;
  const Refusal unread = read_jwt(tokens.id_token, jwt);
  if (unread != Refusal::None) {
    return Status(Code::Corrupt, "the ID token cannot be read (" + std::string(refusal_name(unread)) + ")");
  }
  RETURN_IF_ERROR(verify(jwt));
  TRY_ASSIGN(const IdToken who, check_id_token(jwt, issuer_.options(), pending.nonce, now_seconds()));
  Finished out;
  TRY_ASSIGN(out.identity, judge(tokens.access_token));
  TRY_ASSIGN(out.session.id, random_text());
  out.session.access_token = tokens.access_token;
  out.session.refresh_token = tokens.refresh_token;
  out.session.subject = one_line(out.identity.subject);
  out.session.name = !who.name.empty() ? who.name : one_line(out.identity.name);
  out.session.access_until = access_until(tokens, out.identity);
  out.to = pending.to;
  return out;
}

// A key that is not known may be a new one: then the issuer is asked for its keys first.
Status Login::verify(const Jwt& id_token) const {
  bool fresh = false;
  for (int question = 0;; ++question) {
    const Issuer::Snapshot snapshot = issuer_.snapshot();
    const Refusal refusal = snapshot.keys != nullptr ? snapshot.keys->verify(id_token) : Refusal::KeyUnknown;
    if (refusal == Refusal::None) {
      return {};
    }
    if (refusal != Refusal::KeyUnknown) {
      return Status(Code::Corrupt,
                    "the ID token's signature does not hold (" + std::string(refusal_name(refusal)) + ")");
    }
    if (snapshot.keys == nullptr && fresh) {
      return Status(Code::Unavailable, "the identity provider's keys cannot be had now");
    }
    if (fresh || question == kKeyQuestions) {
      return Status(Code::Corrupt, "the ID token is signed by a key that its issuer does not publish");
    }
    const auto answered = std::make_shared<std::promise<bool>>();
    if (!issuer_.wait_for_keys([answered](bool fresh_now) { answered->set_value(fresh_now); })) {
      return Status(Code::Unavailable, "too many wait for the identity provider's keys");
    }
    fresh = answered->get_future().get();
  }
}

Result<Identity> Login::judge(std::string_view access_token) const {
  auto identity = judge_(access_token);
  if (identity.ok() && identity->issuer != issuer_.options().url) {
    return Status(Code::Corrupt, "the identity provider gave an access token of another issuer");
  }
  if (!identity.ok() && identity.status().code() == Code::Unauthenticated) {
    return Status(Code::PermissionDenied,
                  "the identity provider let you in, but this server does not take the access token that it gave: " +
                      std::string(identity.status().message()) +
                      " (whoever runs this server: see audiences, and scope and resource of login)");
  }
  return identity;
}

std::int64_t Login::access_until(const GrantedTokens& tokens, const Identity& identity) const {
  const std::int64_t now = now_seconds();
  const std::int64_t known = std::min(identity.expires - issuer_.options().clock_skew.count(), now + kLongestSeconds);
  return tokens.expires_in < 0 ? known : std::min(known, now + tokens.expires_in);
}

Result<Session> Login::renew(const Session& session) const {
  TRY_ASSIGN(const auto issuer, discovery());
  TRY_ASSIGN(const GrantedTokens tokens, endpoint_.refresh(*issuer, session.refresh_token));
  TRY_ASSIGN(const Identity identity, judge(tokens.access_token));
  if (one_line(identity.subject) != session.subject) {
    return Status(Code::Corrupt, "the identity provider renewed the sign-in of somebody else");
  }
  Session out = session;
  out.access_token = tokens.access_token;
  out.refresh_token = tokens.refresh_token.empty() ? session.refresh_token : tokens.refresh_token;
  out.access_until = access_until(tokens, identity);
  return out;
}

Status Login::revoke(const Session& session) const {
  TRY_ASSIGN(const auto issuer, discovery());
  return endpoint_.revoke(*issuer, session.refresh_token.empty() ? session.access_token : session.refresh_token);
}

std::string Login::end_session(std::string_view base) const {
  const auto known = issuer_.snapshot().discovery;
  if (known == nullptr || known->end_session_endpoint.empty()) {
    return {};
  }
  const std::string& url = known->end_session_endpoint;
  return url + (url.find('?') == std::string::npos ? "?" : "&") +
         "client_id=" + net::percent_encode(issuer_.options().login_client) +
         "&post_logout_redirect_uri=" + net::percent_encode(std::string(base) + "/");
}

}  // namespace tessera::auth
