// What the doctor asks of TLS: does the pair serve, for how long, and for the name that clients use.
#include <cstdint>

#include "app/doctor.h"
#include "base/clock.h"

namespace tessera::app {

namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kWarnDays = 30;

// "slides.example" of "https://slides.example:8443/pathology"; an IPv6 address without its brackets.
std::string host_of(const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  if (url.compare(begin, 1, "[") == 0) {
    return url.substr(begin + 1, url.find(']', begin) - begin - 1);
  }
  return url.substr(begin, url.find_first_of(":/", begin) - begin);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text.empty() ? "no host" : text;
}

void check_name(const Config& config, const net::TlsContext& tls, Findings& out) {
  if (!config.public_url.starts_with("https://")) {
    if (!config.public_url.empty()) {
      out.push_back({"tls", Verdict::Warning, "public_url is '" + config.public_url + "', but TLS is on",
                     "write https:// there"});
    }
    return;
  }
  const std::string host = host_of(config.public_url);
  if (!tls.is_for(host)) {
    out.push_back({"tls", Verdict::Warning,
                   "the certificate is not for '" + host + "' of public_url, but for " + joined(tls.names()),
                   "get one whose alternative names have it, unless a proxy in front has its own"});
  }
}

}  // namespace

void check_tls(const Config& config, Findings& out) {
  if (!config.tls.enabled() || config.tls.key.empty()) {
    return;  // in the clear; half a pair is a finding of the configuration
  }
  const SystemClock clock;
  const auto tls = net::TlsContext::open(config.tls, clock);
  if (!tls.ok()) {
    out.push_back({"tls", Verdict::Error, std::string(tls.status().message()),
                   "the server does not start so; one that runs keeps the certificate it has"});
    return;
  }
  const std::int64_t left = (*tls)->expires_at() - clock.wall_millis() / 1000;
  const std::string day = rfc3339((*tls)->expires_at() * 1000).substr(0, 10);
  if (left < kWarnDays * kDay) {
    out.push_back({"tls", Verdict::Warning,
                   "the certificate ends in " + std::to_string(left / kDay) + " days, on " + day,
                   "put a new one in its place; a running server takes it by itself"});
  } else {
    out.push_back({"tls", Verdict::Ok, "the certificate holds until " + day, ""});
  }
  check_name(config, **tls, out);
}

}  // namespace tessera::app
