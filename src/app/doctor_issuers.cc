// What the doctor asks of identity providers: are they there, are they who the configuration says, do their keys serve,
// does their clock agree.
#include <cstdlib>

#include "app/doctor.h"
#include "auth/discovery.h"
#include "base/clock.h"

namespace tessera::app {

namespace {

constexpr std::chrono::milliseconds kTimeout{10'000};

void check_keys(const auth::IssuerOptions& issuer, const auth::Discovery& discovery, Findings& out) {
  const auto fetched = auth::fetch_keys(issuer, discovery.jwks_uri, auth::http_fetch, kTimeout);
  if (!fetched.ok()) {
    out.push_back({"issuer", Verdict::Error, std::string(fetched.status().message()),
                   "let this machine reach the jwks_uri of the issuer"});
    return;
  }
  const std::string left_out =
      fetched->keys->left_out() > 0 ? ", " + std::to_string(fetched->keys->left_out()) + " of other kinds" : "";
  if (fetched->keys->size() == 0) {
    out.push_back({"issuer", Verdict::Error,
                   "'" + issuer.url + "' publishes no key that can check a signature" + left_out,
                   "let it sign with RSA of 2048 bits or more, or with P-256, P-384 or P-521"});
    return;
  }
  out.push_back({"issuer", Verdict::Ok,
                 "'" + issuer.url + "' publishes " + std::to_string(fetched->keys->size()) + " usable keys" + left_out,
                 ""});
}

void check_issuer_clock(const auth::IssuerOptions& issuer, const auth::Discovery& discovery, Findings& out) {
  if (discovery.date == 0) {
    return;
  }
  const std::int64_t apart = std::llabs(discovery.date - SystemClock().wall_millis() / 1000);
  const std::string text = "the clock of '" + issuer.url + "' is " + std::to_string(apart) + " s apart from ours";
  if (apart > issuer.clock_skew.count()) {
    out.push_back({"issuer", Verdict::Error, text + ", more than clock_skew_seconds",
                   "switch time synchronisation on, on both sides"});
  } else if (apart > 5) {
    out.push_back({"issuer", Verdict::Warning, text, "switch time synchronisation on, on both sides"});
  }
}

}  // namespace

void check_issuers(const Config& config, Findings& out) {
  for (const auth::IssuerOptions& issuer : config.issuers) {
    const auto discovery = auth::fetch_discovery(issuer, auth::http_fetch, kTimeout);
    if (!discovery.ok()) {
      out.push_back({"issuer", Verdict::Error, std::string(discovery.status().message()),
                     "write the url as the issuer's own discovery document has it, and let this machine reach it"});
      continue;
    }
    check_keys(issuer, *discovery, out);
    check_issuer_clock(issuer, *discovery, out);
    if (issuer.introspects() && discovery->introspection_endpoint.empty()) {
      out.push_back({"issuer", Verdict::Error, "'" + issuer.url + "' has no introspection endpoint",
                     "take introspection off, or switch it on there"});
    }
    if (issuer.signs_in() && (discovery->authorization_endpoint.empty() || discovery->token_endpoint.empty())) {
      out.push_back({"issuer", Verdict::Error,
                     "'" + issuer.url + "' has no authorization endpoint, or no token endpoint, to sign in with",
                     "take login off, or switch the authorization code flow on there"});
    }
  }
}

}  // namespace tessera::app
