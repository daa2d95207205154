#include "auth/sessions.h"

#include <optional>

#include "auth/cookies.h"
#include "net/field_text.h"

namespace tessera::auth {

namespace {

// Strict: the page itself needs no cookie to be shown, and what it asks then comes from its own site.
constexpr std::string_view kAttributes = "; SameSite=Strict";

// The only field of that name; nothing when there are none, or several.
std::optional<std::string_view> only_field(const net::Request& request, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : request.fields) {
    if (net::same_word(key, name)) {
      if (found) {
        return std::nullopt;
      }
      found = value;
    }
  }
  return found;
}

}  // namespace

bool is_same_origin(const net::Request& request) {
  return only_field(request, "Sec-Fetch-Site") == "same-origin";
}

SessionPtr Sessions::find(const net::Request& request) const {
  const auto field = only_field(request, "Cookie");
  if (!field || !is_same_origin(request)) {
    return nullptr;
  }
  const auto sealed = join_cookie(*field, kCookie);
  return sealed ? open(*sealed) : nullptr;
}

SessionPtr Sessions::open(std::string_view sealed) const {
  const TokenDigest digest = digest_of(sealed);
  const std::int64_t now = now_seconds();
  std::optional<Known> known = known_.get(digest);
  if (!known) {
    const auto opened = seal_.open_sealed(kPurpose, sealed, now);
    auto session = opened.ok() ? read_session(opened->text) : std::nullopt;
    if (!session) {
      return nullptr;
    }
    known = Known{std::make_shared<const Session>(std::move(*session)), opened->until};
    known_.put(digest, *known, sizeof(Session) + 2 * opened->text.size());
  }
  return now < known->until && !ended_.get(known->session->id) ? known->session : nullptr;
}

Result<std::vector<std::string>> Sessions::set(const Session& session) const {
  const std::string text = session_text(session);
  auto sealed = text.size() > Seal::kMaxText
                    ? Result<std::string>(Status(Code::TooLarge, "its tokens have " + std::to_string(text.size()) +
                                                                     " bytes, and cookies hold " +
                                                                     std::to_string(Seal::kMaxText)))
                    : seal_.seal(kPurpose, now_seconds() + kIdleSeconds, text);
  if (!sealed.ok()) {
    return sealed.status();
  }
  return set_cookie(kCookie, *sealed, kAttributes);
}

std::vector<std::string> Sessions::clear() {
  return clear_cookie(kCookie);
}

void Sessions::end(const Session& session) {
  ended_.put(session.id, true, 1);
}

}  // namespace tessera::auth
