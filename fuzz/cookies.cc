// Any bytes as a Cookie field, as a sealed text and as what is in one: reading ends within its bounds, what was sealed
// comes back byte for byte and to its own purpose alone, and nothing opens that was changed.
#include <cstdint>
#include <cstdlib>

#include "auth/cookies.h"
#include "auth/seal.h"
#include "auth/sessions.h"
#include "base/bytes.h"
#include "support/fake_clock.h"

namespace {

using namespace tessera;

constexpr std::int64_t kNow = 1'700'000'000;

void require(bool held) {
  if (!held) {
    std::abort();
  }
}

void check_field(std::string_view field, const auth::Seal& seal) {
  static const test::FakeClock clock;
  const auth::Sessions sessions(seal, clock);
  net::Request request;
  request.fields = {{"Cookie", field}, {"Sec-Fetch-Site", "same-origin"}};
  const auth::SessionPtr session = sessions.find(request);
  const auto value = auth::join_cookie(field, auth::Sessions::kCookie);
  require(value || session == nullptr);
  require(!value || value->size() <= auth::kMaxCookieParts * auth::kMaxCookiePart);
}

void check_text(std::string_view text, const auth::Seal& seal) {
  if (const auto session = auth::read_session(text)) {
    require(auth::read_session(auth::session_text(*session)).has_value() && !session->access_token.empty());
  }
  const auto sealed = seal.seal("session", kNow + 1, text);
  require(sealed.ok() == (text.size() <= auth::Seal::kMaxText));
  if (!sealed.ok()) {
    return;
  }
  const auto fields = auth::set_cookie(auth::Sessions::kCookie, *sealed, "");
  require(fields.ok());
  std::string field;
  for (const std::string& one : *fields) {
    field += one.find("Max-Age=0") == one.npos ? one.substr(0, one.find(';')) + "; " : "";
  }
  require(auth::join_cookie(field, auth::Sessions::kCookie) == *sealed);
  const auto opened = seal.open_sealed("session", *sealed, kNow);
  require(opened.ok() && opened->text == text);
  require(!seal.open_sealed("login", *sealed, kNow).ok() && !seal.open_sealed("session", *sealed, kNow + 1).ok());
  std::string changed = *sealed;
  char& byte = changed[text.size() % changed.size()];
  byte = byte == 'A' ? 'B' : 'A';
  require(!seal.open_sealed("session", changed, kNow).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auth::Seal seal = std::move(auth::Seal::from_key(std::string(auth::Seal::kKeyBytes, 'k')).value());
  const std::string_view text = as_text({data, size});
  check_field(text, seal);
  check_text(text, seal);
  // As what follows a sealed text's own beginning, which the fuzzer would not find.
  static const std::string sealed = seal.seal("session", kNow + 1, "x").value();
  (void)seal.open_sealed("session", sealed.substr(0, sealed.find("..") + 2) + std::string(text), kNow);
  check_field(
      std::string(auth::Sessions::kCookie) + "=1." + sealed.substr(0, sealed.find("..") + 2) + std::string(text), seal);
  return 0;
}
