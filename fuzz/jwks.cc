// Any bytes as a key set, and as a key in one: reading ends, keeps its bounds, and a token can be tried against it.
#include <cstdint>
#include <cstdlib>

#include "auth/jwks.h"
#include "base/bytes.h"

namespace {

using namespace tessera;

void check(std::string_view text) {
  const auto keys = auth::KeySet::parse(text);
  if (!keys.ok()) {
    return;
  }
  if ((*keys)->size() + (*keys)->left_out() > auth::KeySet::kMaxKeys || !(*keys)->same_as(**keys)) {
    std::abort();
  }
  // {"alg":"ES256","kid":"a"} and {"alg":"RS256"}, with claims {} and signatures of zeros.
  for (const auto& [head, bytes] :
       {std::pair{"eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ", 64}, {"eyJhbGciOiJSUzI1NiJ9", 256}}) {
    const std::string token = std::string(head) + ".e30." + std::string((bytes * 8 + 5) / 6, 'A');
    auth::Jwt jwt;
    if (auth::read_jwt(token, jwt) != auth::Refusal::None || (*keys)->verify(jwt) == auth::Refusal::None) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(as_text({data, size}));
  check(text);
  check(R"({"keys":[)" + text + "]}");
  return 0;
}
