#include "auth/oidc.h"

#include <algorithm>
#include <utility>

#include "auth/claims.h"
#include "auth/jwt.h"

namespace tessera::auth {

namespace {

constexpr std::int64_t kPositiveSeconds = 60;  // how long an introspection answer counts: a revocation is seen then
constexpr std::int64_t kNegativeSeconds = 5;
constexpr unsigned kLinesPerSecond = 5;
constexpr std::size_t kShownKid = 64;

// What of a key's name may be in a log: it came from whoever sent the token.
std::string shown(std::string_view kid) {
  std::string out(kid.substr(0, kShownKid));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c <= ' ' || c >= 0x7F || c == '"'; }, '?');
  return out;
}

}  // namespace

Oidc::Oidc(Options options, const Clock& clock, Log& log)
    : fetch_(options.fetch), max_waiting_(options.max_waiting), clock_(clock), log_(log) {
  for (IssuerOptions& issuer : options.issuers) {
    if (issuer.introspects()) {
      introspecting_ = issuers_.size();
    }
    issuers_.push_back(std::make_unique<Issuer>(std::move(issuer), options.timing, options.fetch, clock, log));
  }
  if (!issuers_.empty()) {
    pool_ = std::make_unique<Pool>("tokens", options.threads);
  }
}

Oidc::~Oidc() {
  stop();
}

void Oidc::start() {
  for (const auto& issuer : issuers_) {
    issuer->start();
  }
}

void Oidc::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) {
      return;
    }
  }
  for (const auto& issuer : issuers_) {
    issuer->stop();
  }
  pool_.reset();  // finishes what was posted
}

// A token that is remembered counts until it expires and for as long as its issuer's keys are the same.
VerifiedTokenPtr Oidc::still_known(const TokenDigest& digest) const {
  return verified_.find(digest, [this, now = now_seconds()](const VerifiedToken& token) {
    return now < token.until && (token.generation == 0 || token.generation == issuers_[token.issuer]->generation());
  });
}

std::optional<Result<Identity>> Oidc::known(std::string_view token) {
  const TokenDigest digest = digest_of(token);
  if (const VerifiedTokenPtr found = still_known(digest)) {
    cached_.fetch_add(1, std::memory_order_relaxed);
    if (found->refusal == Refusal::None) {
      return Result<Identity>(found->identity);
    }
    return Result<Identity>(refusal_status(found->refusal));
  }
  Outcome outcome;
  if (token.size() > kMaxToken) {
    outcome.refusal = Refusal::TooLong;
  } else if (looks_like_jwt(token)) {
    outcome = check_jwt(token, digest);
  } else if (introspecting_ == kNoIssuer || !is_bearer_token(token)) {
    outcome.refusal = Refusal::Malformed;
  } else {
    return std::nullopt;
  }
  if (outcome.ask) {
    return std::nullopt;
  }
  return finish(std::move(outcome));
}

Oidc::Outcome Oidc::check_jwt(std::string_view token, const TokenDigest& digest) {
  Outcome out;
  Jwt jwt;
  out.refusal = read_jwt(token, jwt);
  if (out.refusal != Refusal::None) {
    return out;
  }
  out.kid = jwt.kid;
  const std::string_view iss = jwt.claims.string_of("iss");
  for (std::size_t i = 0; i < issuers_.size() && !iss.empty(); ++i) {
    out.issuer = issuers_[i]->options().url == iss ? i : out.issuer;
  }
  if (out.issuer == kNoIssuer) {
    out.refusal = Refusal::IssuerUnknown;
    return out;
  }
  Issuer& issuer = *issuers_[out.issuer];
  out.refusal = check_header(jwt, issuer.options());
  if (out.refusal != Refusal::None) {
    return out;
  }
  const std::uint64_t generation = issuer.generation();  // before the keys: newer ones make the entry void
  const Issuer::Snapshot snapshot = issuer.snapshot();
  out.refusal = snapshot.keys != nullptr ? snapshot.keys->verify(jwt) : Refusal::KeyUnknown;
  if (out.refusal == Refusal::KeyUnknown) {
    out.refusal = snapshot.away || snapshot.keys == nullptr ? Refusal::KeysAway
                  : jwt.has_kid                             ? Refusal::KeyUnknown
                                                            : Refusal::Signature;
    out.ask = !snapshot.away;
    return out;
  }
  if (out.refusal == Refusal::None) {
    out.refusal = check_claims(jwt.claims, issuer.options(), now_seconds(), out.identity);
  }
  if (out.refusal == Refusal::None) {
    verified_.put(digest, std::make_shared<const VerifiedToken>(VerifiedToken{out.identity, Refusal::None, out.issuer,
                                                                              generation, out.identity.expires}));
  }
  return out;
}

// Counted and logged once for every token that was looked at.
Result<Identity> Oidc::finish(Outcome outcome) {
  outcomes_[static_cast<std::size_t>(outcome.refusal)].fetch_add(1, std::memory_order_relaxed);
  if (outcome.refusal == Refusal::None) {
    return std::move(outcome.identity);
  }
  log_refusal(outcome);
  return refusal_status(outcome.refusal);
}

void Oidc::log_refusal(const Outcome& outcome) {
  if (!log_.enabled(LogLevel::Info)) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t second = now_seconds();
    if (second != log_second_) {
      log_second_ = second;
      log_lines_ = 0;
    }
    if (++log_lines_ > kLinesPerSecond) {
      return;
    }
  }
  const std::string issuer = outcome.issuer == kNoIssuer ? "" : issuers_[outcome.issuer]->options().url;
  log_.info("token refused",
            {{"reason", refusal_name(outcome.refusal)}, {"issuer", issuer}, {"kid", shown(outcome.kid)}});
}

void Oidc::ask(std::string_view token, Then then) {
  if (looks_like_jwt(token)) {
    ask_jwt(std::string(token), std::move(then));
  } else {
    ask_opaque(std::string(token), std::move(then));
  }
}

void Oidc::ask_jwt(std::string token, Then then) {
  const TokenDigest digest = digest_of(token);
  // std::function wants copies: one token and one callback for all of them.
  wait_for_keys(std::make_shared<const Waiting>(Waiting{std::move(token), digest, std::move(then)}), false);
}

// `fresh`: what is known now is as new as it gets, and decides.
void Oidc::wait_for_keys(const std::shared_ptr<const Waiting>& waiting, bool fresh) {
  Outcome outcome = check_jwt(waiting->token, waiting->digest);
  if (outcome.ask && !fresh) {
    const bool taken = issuers_[outcome.issuer]->wait_for_keys([this, waiting](bool fresh_now) {
      pool_->post([this, waiting, fresh_now] { wait_for_keys(waiting, fresh_now); });
    });
    if (taken) {
      return;
    }
    outcome.refusal = Refusal::Overload;
  }
  waiting->then(finish(std::move(outcome)));
}

void Oidc::ask_opaque(std::string token, Then then) {
  const TokenDigest digest = digest_of(token);
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_ && waiting_ < max_waiting_) {
      ++waiting_;
      std::vector<Then>& askers = asking_[digest];
      askers.push_back(std::move(then));
      if (askers.size() == 1) {
        pool_->post([this, digest, token = std::move(token)] { answer_askers(token, digest); });
      }
      return;
    }
  }
  Outcome outcome;
  outcome.refusal = Refusal::Overload;
  outcome.issuer = introspecting_;
  then(finish(std::move(outcome)));
}

void Oidc::answer_askers(const std::string& token, const TokenDigest& digest) {
  const Result<Identity> result = finish(introspect_now(token, digest));
  std::vector<Then> askers;
  {
    const std::lock_guard lock(mutex_);
    askers = std::move(asking_.extract(digest).mapped());
    waiting_ -= askers.size();
  }
  for (const Then& asker : askers) {
    asker(result);
  }
}

Oidc::Outcome Oidc::introspect_now(const std::string& token, const TokenDigest& digest) {
  Outcome out;
  out.issuer = introspecting_;
  const Issuer& issuer = *issuers_[introspecting_];
  const auto discovery = issuer.snapshot().discovery;
  if (discovery == nullptr || discovery->introspection_endpoint.empty()) {
    out.refusal = Refusal::IntrospectionAway;
    return out;
  }
  introspections_.fetch_add(1, std::memory_order_relaxed);
  const std::int64_t asked = now_seconds();
  out.refusal = introspect(issuer.options(), discovery->introspection_endpoint, token, fetch_, issuer.ask_timeout(),
                           asked, out.identity);
  if (out.refusal == Refusal::None || refusal_status(out.refusal).code() == Code::Unauthenticated) {
    const bool good = out.refusal == Refusal::None;
    const std::int64_t until =
        good ? std::min(asked + kPositiveSeconds, out.identity.expires) : asked + kNegativeSeconds;
    verified_.put(digest, std::make_shared<const VerifiedToken>(
                              VerifiedToken{good ? out.identity : Identity{}, out.refusal, introspecting_, 0, until}));
  }
  return out;
}

Oidc::Counters Oidc::counters() const {
  Counters out{};
  for (std::size_t i = 0; i < kRefusals; ++i) {
    out.outcomes[i] = outcomes_[i].load(std::memory_order_relaxed);
  }
  out.cached = cached_.load(std::memory_order_relaxed);
  out.introspections = introspections_.load(std::memory_order_relaxed);
  out.cache_entries = verified_.entries();
  return out;
}

}  // namespace tessera::auth
