// LoginPages: the addresses below /auth, by which people sign in on the page (doc/security.md, "Signing in on the
// page"). Each parses, asks auth::Login, and writes the answer. What asks the issuer runs on a small pool of its own;
// what waits for it is bounded. Nothing here is for pages of other origins, and nothing is kept by caches.
//
//   GET  /auth/login?to=/…   302 to the issuer; 400, 503
//   GET  /auth/callback?…    303 to where the sign-in began; a page with a sentence: 400, 403, 502, 503
//   GET  /auth/session       200 {"login", "signed_in", "renews", "name", "expires_in"}: never a token
//   POST /auth/renew         200 as /auth/session; 401: it is over; 403, 502, 503
//   POST /auth/logout        200 {"end_session"}: where to sign out at the issuer, or null; 403
//
// Safe from all loop threads.
#pragma once

#include <atomic>
#include <memory>

#include "auth/audit_trail.h"
#include "auth/login.h"
#include "auth/oidc.h"
#include "auth/renewals.h"
#include "auth/sessions.h"
#include "base/log.h"
#include "base/pool.h"
#include "dicomweb/public_url.h"
#include "net/http.h"

namespace tessera::app {

class LoginPages {
 public:
  // All are borrowed; no `seal`, or no issuer with a login: nobody signs in. The pages outlive oidc.stop(), which lets
  // whoever waits go on.
  LoginPages(auth::Oidc& oidc, const auth::Seal* seal, const dicomweb::PublicUrl& public_url, const Clock& clock,
             Log& log, auth::AuditTrail* audit);
  ~LoginPages();

  static bool owns(const net::Request& request) { return request.path.starts_with("/auth/"); }
  void dispatch(const net::Request& request, net::Responder responder) const;

  // Null where nobody signs in.
  const auth::Sessions* sessions() const;

 private:
  struct Page;
  static const Page kPages[];
  struct Parts;

  void begin(const net::Request& request, net::Responder responder) const;
  void callback(const net::Request& request, net::Responder responder) const;
  void session(const net::Request& request, net::Responder responder) const;
  void renew(const net::Request& request, net::Responder responder) const;
  void logout(const net::Request& request, net::Responder responder) const;

  net::Response finish(const net::Request& request) const;
  net::Response signed_in(const auth::Login::Finished& finished) const;
  net::Response end(const net::Request& request) const;
  std::string session_json(const auth::Session* session) const;
  void audit(const net::Request& request, std::string_view event, int status, const auth::Identity& who,
             std::string_view why) const;
  // Answers from the pool; 503 when too many wait.
  void answer_later(const net::Request& request, net::Responder responder,
                    net::Response (LoginPages::*answer)(const net::Request&) const) const;

  const dicomweb::PublicUrl& public_url_;
  const Clock& clock_;
  Log& log_;
  auth::AuditTrail* const audit_;
  std::unique_ptr<Parts> parts_;  // null: nobody signs in
};

}  // namespace tessera::app
