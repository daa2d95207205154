#include "app/login_pages.h"

#include <algorithm>
#include <future>

#include "app/login_answers.h"
#include "auth/cookies.h"
#include "dicomweb/audited.h"
#include "net/uri.h"

namespace tessera::app {

namespace {

constexpr std::string_view kLoginCookie = "__Host-tessera-login";
// Lax: the issuer's redirect, which comes from another site, must bring it.
constexpr std::string_view kLoginAttributes = "; SameSite=Lax; Max-Age=600";
constexpr unsigned kThreads = 4;
constexpr int kMaxWaiting = 64;

// The only parameter there may be; "/" where there is none. (The server takes no target above 8 KiB.)
Result<std::string> read_to(std::string_view query) {
  TRY_ASSIGN(const auto parameters, net::parse_query(query));
  if (parameters.empty()) {
    return std::string("/");
  }
  if (parameters.size() != 1 || parameters.front().first != "to") {
    return Status(Code::InvalidArgument, "there is one parameter here, 'to'");
  }
  return parameters.front().second;
}

auth::Issuer* signing_in(const auth::Oidc& oidc) {
  for (const auto& issuer : oidc.issuers()) {
    if (issuer->options().signs_in()) {
      return issuer.get();
    }
  }
  return nullptr;
}

// As the router asks, but waits for the answer.
Result<auth::Identity> judge(auth::Oidc& oidc, std::string_view token) {
  if (auto known = oidc.known(token)) {
    return std::move(*known);
  }
  const auto answered = std::make_shared<std::promise<Result<auth::Identity>>>();
  oidc.ask(token, [answered](Result<auth::Identity> identity) { answered->set_value(std::move(identity)); });
  return answered->get_future().get();
}

}  // namespace

struct LoginPages::Page {
  std::string_view path;
  net::Method method;
  void (LoginPages::*answer)(const net::Request&, net::Responder) const;
  bool own_page_only;  // asked by a script of this very origin, or not at all
};

constexpr LoginPages::Page LoginPages::kPages[] = {
    {"/auth/login", net::Method::Get, &LoginPages::begin, false},
    {"/auth/callback", net::Method::Get, &LoginPages::callback, false},
    {"/auth/session", net::Method::Get, &LoginPages::session, false},
    {"/auth/renew", net::Method::Post, &LoginPages::renew, true},
    {"/auth/logout", net::Method::Post, &LoginPages::logout, true},
};

struct LoginPages::Parts {
  Parts(auth::Oidc& oidc, auth::Issuer& issuer, const auth::Seal& seal, const Clock& clock)
      : login(
            issuer, auth::http_fetch, [&oidc](std::string_view token) { return judge(oidc, token); }, seal, clock),
        sessions(seal, clock),
        pool(std::make_unique<Pool>("login", kThreads)),
        renewals(
            *pool, clock, [this](const auth::Session& session) { return login.renew(session); }, kMaxWaiting) {}
  ~Parts() { pool.reset(); }  // first: what it still does uses the others

  const auth::Login login;
  auth::Sessions sessions;
  std::atomic<int> waiting{0};
  std::unique_ptr<Pool> pool;
  auth::Renewals renewals;
};

LoginPages::LoginPages(auth::Oidc& oidc, const auth::Seal* seal, const dicomweb::PublicUrl& public_url,
                       const Clock& clock, Log& log, auth::AuditTrail* audit)
    : public_url_(public_url), clock_(clock), log_(log), audit_(audit) {
  auth::Issuer* const issuer = signing_in(oidc);
  if (issuer != nullptr && seal != nullptr) {
    parts_ = std::make_unique<Parts>(oidc, *issuer, *seal, clock);
  }
}

LoginPages::~LoginPages() = default;

const auth::Sessions* LoginPages::sessions() const {
  return parts_ == nullptr ? nullptr : &parts_->sessions;
}

void LoginPages::dispatch(const net::Request& request, net::Responder responder) const {
  const auto page = std::find_if(std::begin(kPages), std::end(kPages),
                                 [&request](const Page& row) { return row.path == request.path; });
  // Where nobody signs in, the page may still ask whether they could.
  if (page == std::end(kPages) || (parts_ == nullptr && page->answer != &LoginPages::session)) {
    responder.send(text_response(404, "There is nothing at this path."));
    return;
  }
  if (request.method != page->method) {
    net::Response refused = text_response(405, "This path is asked another way.");
    refused.set("Allow", std::string(net::method_name(page->method)));
    responder.send(std::move(refused));
    return;
  }
  if (page->own_page_only && !auth::is_same_origin(request)) {
    responder.send(text_response(403, "Only this server's own page may ask for this."));
    return;
  }
  (this->*page->answer)(request, std::move(responder));
}

void LoginPages::answer_later(const net::Request& request, net::Responder responder,
                              net::Response (LoginPages::*answer)(const net::Request&) const) const {
  if (parts_->waiting.fetch_add(1) >= kMaxWaiting) {
    parts_->waiting.fetch_sub(1);
    responder.send(failure_page(Status(Code::Unavailable, "too many people are signing in; try again")));
    return;
  }
  // The request's views live as long as its responder.
  parts_->pool->post([this, &request, answer, held = net::share(std::move(responder))] {
    net::Response response = (this->*answer)(request);
    parts_->waiting.fetch_sub(1);
    held->send(std::move(response));
  });
}

void LoginPages::begin(const net::Request& request, net::Responder responder) const {
  const Result<std::string> to = read_to(request.query);
  const auto begun = to.ok() ? parts_->login.begin(*to, public_url_.base(request)) : to.status();
  auto cookies = begun.ok() ? auth::set_cookie(kLoginCookie, begun->sealed, kLoginAttributes) : begun.status();
  if (!cookies.ok()) {
    responder.send(failure_page(cookies.status()));
    return;
  }
  net::Response response = text_response(302, "Sign in at your identity provider.");
  response.set("Location", begun->location);
  add_cookies(response, std::move(*cookies));
  responder.send(std::move(response));
}

void LoginPages::callback(const net::Request& request, net::Responder responder) const {
  answer_later(request, std::move(responder), &LoginPages::finish);
}

net::Response LoginPages::finish(const net::Request& request) const {
  const std::string sealed = auth::join_cookie(request.field("Cookie"), kLoginCookie).value_or("");
  const auto finished = parts_->login.finish(request.query, sealed);
  auto cookies = finished.ok() ? parts_->sessions.set(finished->session) : finished.status();
  net::Response response = cookies.ok() ? signed_in(*finished) : failure_page(cookies.status());
  if (cookies.ok()) {
    add_cookies(response, std::move(*cookies));
  } else {
    log_.info("a sign-in failed", {{"id", request.id}, {"why", cookies.status().message()}});
  }
  add_cookies(response, auth::clear_cookie(kLoginCookie));
  audit(request, "login", response.status, finished.ok() ? finished->identity : auth::Identity{},
        cookies.status().message());
  return response;
}

net::Response LoginPages::signed_in(const auth::Login::Finished& finished) const {
  net::Response response = text_response(303, "You are signed in.");
  response.set("Location", finished.to);
  response.set("Clear-Site-Data", "\"cache\"");  // what somebody else looked at before
  return response;
}

void LoginPages::session(const net::Request& request, net::Responder responder) const {
  const auth::SessionPtr session = parts_ == nullptr ? nullptr : parts_->sessions.find(request);
  responder.send(json_response(session_json(session.get())));
}

std::string LoginPages::session_json(const auth::Session* session) const {
  const std::int64_t left =
      session == nullptr ? 0 : std::max<std::int64_t>(0, session->access_until - clock_.wall_millis() / 1000);
  const bool renews = session != nullptr && !session->refresh_token.empty();
  const bool holds = left > 0 || renews;
  auth::AuditObject out;
  out.json("login", parts_ != nullptr ? "true" : "false").json("signed_in", holds ? "true" : "false");
  if (holds) {
    out.json("renews", renews ? "true" : "false")
        .text("name", session->name.empty() ? session->subject : session->name);
    out.number("expires_in", static_cast<std::uint64_t>(left));
  }
  return "{" + out.take() + "}";
}

void LoginPages::renew(const net::Request& request, net::Responder responder) const {
  auth::SessionPtr session = parts_->sessions.find(request);
  if (session == nullptr) {
    responder.send(text_response(401, "You are not signed in."));
    return;
  }
  parts_->renewals.renew(
      session, [this, &request, held = net::share(std::move(responder))](const Result<auth::SessionPtr>& renewed) {
        auto cookies = renewed.ok() ? parts_->sessions.set(**renewed) : renewed.status();
        if (cookies.ok()) {
          net::Response response = json_response(session_json(renewed->get()));
          add_cookies(response, std::move(*cookies));
          held->send(std::move(response));
          return;
        }
        const int status = login_status(cookies.status().code());
        net::Response response = text_response(status == 403 ? 401 : status, std::string(cookies.status().message()));
        if (status == 403) {
          add_cookies(response, auth::Sessions::clear());
        }
        log_.info("a sign-in was not renewed", {{"id", request.id}, {"why", cookies.status().message()}});
        held->send(std::move(response));
      });
}

void LoginPages::logout(const net::Request& request, net::Responder responder) const {
  answer_later(request, std::move(responder), &LoginPages::end);
}

net::Response LoginPages::end(const net::Request& request) const {
  const auth::SessionPtr session = parts_->sessions.find(request);
  if (session != nullptr) {
    parts_->sessions.end(*session);
    const Status revoked = parts_->login.revoke(*session);
    if (!revoked.ok()) {
      log_.warning("the tokens of somebody who signed out were not revoked",
                   {{"id", request.id}, {"why", revoked.message()}});
    }
    auth::Identity who;
    who.proof = auth::Proof::Jwt;
    who.subject = session->subject;
    who.issuer = parts_->login.issuer();
    audit(request, "logout", 200, who, revoked.message());
  }
  const std::string url = parts_->login.end_session(public_url_.base(request));
  auth::AuditObject out;
  url.empty() ? out.json("end_session", "null") : out.text("end_session", url);
  net::Response response = json_response("{" + out.take() + "}");
  response.set("Clear-Site-Data", "\"cache\"");
  add_cookies(response, auth::Sessions::clear());
  return response;
}

void LoginPages::audit(const net::Request& request, std::string_view event, int status, const auth::Identity& who,
                       std::string_view why) const {
  if (audit_ == nullptr) {
    return;
  }
  const std::string what = auth::AuditObject().text("why", why).take();
  auth::AuditEvent line;
  line.event = event;
  line.outcome = auth::outcome_of_http(status);
  line.status = status;
  line.who = &who;
  line.from = request.client;
  line.via = dicomweb::proxy_of(request);
  line.request = request.id;
  line.what = what;
  auth::AuditRead read;
  read.event = event;
  read.status = status;
  read.who = &who;
  read.from = line.from;
  read.via = line.via;
  audit_->note_limited(line, read);
}

}  // namespace tessera::app
