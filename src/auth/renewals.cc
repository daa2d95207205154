#include "auth/renewals.h"

#include <optional>
#include <utility>

namespace tessera::auth {

void Renewals::renew(SessionPtr session, Then then) {
  if (session->refresh_token.empty()) {
    then(Status(Code::Unauthenticated, "the identity provider gave nothing to renew the sign-in with"));
    return;
  }
  const TokenDigest digest = digest_of(session->refresh_token);
  std::optional<Recent> recent;
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    recent = recent_.get(digest);
    if (!recent || clock_.wall_millis() - recent->at >= kSameAnswerMillis) {
      recent.reset();
      full = count_ >= max_waiting_;
    }
    if (!recent && !full) {
      ++count_;
      std::vector<Then>& askers = waiting_[digest];
      askers.push_back(std::move(then));
      if (askers.size() == 1) {
        pool_.post([this, digest, session = std::move(session)] { answer(digest, *session); });
      }
      return;
    }
  }
  then(recent ? Result<SessionPtr>(recent->session)
              : Result<SessionPtr>(Status(Code::Unavailable, "too many sign-ins are being renewed")));
}

void Renewals::answer(const TokenDigest& digest, const Session& old) {
  Result<Session> asked = ask_(old);
  const Result<SessionPtr> result =
      asked.ok() ? Result<SessionPtr>(std::make_shared<const Session>(std::move(*asked))) : asked.status();
  std::vector<Then> askers;
  {
    const std::lock_guard lock(mutex_);
    if (result.ok()) {
      recent_.put(digest, {*result, clock_.wall_millis()}, 1);
    }
    askers = std::move(waiting_.extract(digest).mapped());
    count_ -= askers.size();
  }
  for (const Then& asker : askers) {
    asker(result);
  }
}

}  // namespace tessera::auth
