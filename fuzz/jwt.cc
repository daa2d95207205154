// Any bytes as a bearer token, and any two lines as its header and claims: reading ends within its bounds, what is
// accepted keeps its promises, and no signature holds under a key whose private half nobody has.
#include <cstdint>
#include <cstdlib>

#include "auth/claims.h"
#include "auth/jwks.h"
#include "base/bytes.h"
#include "support/signed_token.h"

namespace {

using namespace tessera;

constexpr std::int64_t kNow = 1'700'000'000;

void check(std::string_view text, const auth::KeySet& keys, const auth::IssuerOptions& issuer) {
  auth::Jwt token;
  if (auth::read_jwt(text, token) != auth::Refusal::None) {
    return;
  }
  if (token.algorithm == nullptr || text.size() > auth::kMaxToken || keys.verify(token) == auth::Refusal::None) {
    std::abort();
  }
  (void)auth::check_header(token, issuer);
  auth::Identity identity;
  if (auth::check_claims(token.claims, issuer, kNow, identity) == auth::Refusal::None &&
      (identity.subject.empty() || identity.subject.size() > 255 || identity.expires <= kNow ||
       identity.roles.size() > 256 || identity.issuer != issuer.url)) {
    std::abort();
  }
  (void)auth::check_introspection(token.claims, issuer, kNow, identity);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto keys = auth::KeySet::parse(R"({"keys":[)" + test::SigningKey::ec("P-256").jwk(R"(,"kid":"a")") +
                                               "," + test::SigningKey::rsa().jwk(R"(,"kid":"a")") + "]}")
                               .value();
  static const auth::IssuerOptions issuer = [] {
    auth::IssuerOptions out;
    out.url = "https://issuer.example";
    out.audiences = {"tessera"};
    out.roles_claim = "realm_access.roles";
    return out;
  }();
  const std::string_view text = as_text({data, size});
  check(text, *keys, issuer);
  const std::size_t line = text.find('\n');
  if (line != text.npos) {
    const std::string signature(text.size() % 2 == 0 ? 64 : 256, '\x11');
    check(test::base64url(text.substr(0, line)) + "." + test::base64url(text.substr(line + 1)) + "." +
              test::base64url(signature),
          *keys, issuer);
  }
  return 0;
}
