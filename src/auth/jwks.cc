#include "auth/jwks.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "auth/base64url.h"

namespace tessera::auth {

namespace {

constexpr JsonLimits kLimits{8, 64 * 64};
constexpr std::size_t kMinRsaBits = 2048;
constexpr std::size_t kMaxRsaBits = 8192;
constexpr std::size_t kMaxExponentBytes = 4;
constexpr std::size_t kMaxTries = 16;  // for a token that names no key

struct KeyRelease {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};
using KeyHandle = std::unique_ptr<cjose_jwk_t, KeyRelease>;
struct JwsRelease {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};

struct Curve {
  std::string_view name;
  KeyKind kind;
  cjose_jwk_ec_curve curve;
  std::size_t bytes;  // of a coordinate; a signature has two such numbers
};
constexpr Curve kCurves[] = {{"P-256", KeyKind::P256, CJOSE_JWK_EC_P_256, 32},
                             {"P-384", KeyKind::P384, CJOSE_JWK_EC_P_384, 48},
                             {"P-521", KeyKind::P521, CJOSE_JWK_EC_P_521, 66}};

std::uint8_t* bytes_of(std::string& text) {
  return reinterpret_cast<std::uint8_t*>(text.data());
}

// Whether the key may check signatures, as it says itself (RFC 7517 §4.2 and 4.3). A member of the wrong kind is a no.
bool is_for_signatures(const Json& key) {
  if (key.find("use") != nullptr && key.string_of("use") != "sig") {
    return false;
  }
  const Json* operations = key.find("key_ops");
  return operations == nullptr || std::any_of(operations->items.begin(), operations->items.end(), [](const Json& item) {
           return item.is(Json::Kind::String) && item.text == "verify";
         });
}

// The number's bytes without leading zeros, which RFC 7518 §6.3.1.1 forbids and some issuers write.
std::optional<std::string> number_of(const Json& key, std::string_view member) {
  auto bytes = base64url_decode(key.string_of(member));
  if (!bytes) {
    return std::nullopt;
  }
  bytes->erase(0, std::min(bytes->find_first_not_of('\0'), bytes->size()));
  return bytes->empty() ? std::nullopt : bytes;
}

}  // namespace

struct KeySet::Key {
  bool has_kid = false;
  std::string kid;
  std::string algorithm;  // the only one it is for; empty: any of its kind
  KeyKind kind = KeyKind::Rsa;
  std::size_t signature_bytes = 0;
  KeyHandle handle;
  std::string material;

  bool read_rsa(const Json& json) {
    auto modulus = number_of(json, "n");
    auto exponent = number_of(json, "e");
    if (!modulus || !exponent || exponent->size() > kMaxExponentBytes) {
      return false;
    }
    const auto top = static_cast<unsigned char>(modulus->front());
    const std::size_t bits = (modulus->size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(top));
    const bool odd = (modulus->back() & 1) != 0 && (exponent->back() & 1) != 0;
    if (bits < kMinRsaBits || bits > kMaxRsaBits || !odd || *exponent == "\x01") {
      return false;
    }
    material = "RSA " + *modulus + " " + *exponent;
    cjose_jwk_rsa_keyspec spec{};
    spec.n = bytes_of(*modulus);
    spec.nlen = modulus->size();
    spec.e = bytes_of(*exponent);
    spec.elen = exponent->size();
    kind = KeyKind::Rsa;
    signature_bytes = modulus->size();
    handle.reset(cjose_jwk_create_RSA_spec(&spec, nullptr));
    return handle != nullptr;
  }

  bool read_ec(const Json& json) {
    const auto curve = std::find_if(std::begin(kCurves), std::end(kCurves),
                                    [&json](const Curve& row) { return row.name == json.string_of("crv"); });
    auto x = base64url_decode(json.string_of("x"));
    auto y = base64url_decode(json.string_of("y"));
    if (curve == std::end(kCurves) || !x || !y || x->size() != curve->bytes || y->size() != curve->bytes) {
      return false;
    }
    material = std::string(curve->name) + " " + *x + *y;
    cjose_jwk_ec_keyspec spec{};
    spec.crv = curve->curve;
    spec.x = bytes_of(*x);
    spec.xlen = x->size();
    spec.y = bytes_of(*y);
    spec.ylen = y->size();
    kind = curve->kind;
    signature_bytes = 2 * curve->bytes;
    handle.reset(cjose_jwk_create_EC_spec(&spec, nullptr));  // refuses a point that is not on the curve
    return handle != nullptr;
  }

  bool read(const Json& json) {
    if (!json.is(Json::Kind::Object) || !is_for_signatures(json)) {
      return false;
    }
    const Json* name = json.find("kid");
    const Json* only_for = json.find("alg");
    if ((name != nullptr && !name->is(Json::Kind::String)) ||
        (only_for != nullptr && find_algorithm(only_for->text) == nullptr)) {
      return false;
    }
    has_kid = name != nullptr;
    kid = json.string_of("kid");
    algorithm = json.string_of("alg");
    const std::string_view type = json.string_of("kty");
    return type == "RSA" ? read_rsa(json) : type == "EC" && read_ec(json);
  }

  bool fits(const JwsAlgorithm& wanted) const {
    return kind == wanted.key && (algorithm.empty() || algorithm == wanted.name);
  }

  // libcjose splits an EC signature in the middle, whatever its length and the curve, and takes a PSS signature that is
  // too short: so the length is checked here.
  bool verifies(const Jwt& token) const {
    if (token.signature_bytes != signature_bytes) {
      return false;
    }
    const std::unique_ptr<cjose_jws_t, JwsRelease> jws(cjose_jws_import(token.text.data(), token.text.size(), nullptr));
    return jws != nullptr && cjose_jws_verify(jws.get(), handle.get(), nullptr);
  }
};

KeySet::KeySet() = default;
KeySet::~KeySet() = default;

std::size_t KeySet::size() const {
  return keys_.size();
}

Result<std::shared_ptr<const KeySet>> KeySet::parse(std::string_view json) {
  if (json.size() > kMaxBytes) {
    return Status(Code::TooLarge, "read a key set: it is longer than " + std::to_string(kMaxBytes) + " bytes");
  }
  auto parsed = parse_json(json, kLimits);
  if (!parsed.ok()) {
    return parsed.status().while_doing("read a key set");
  }
  const Json* list = parsed->find("keys");
  if (list == nullptr || !list->is(Json::Kind::Array)) {
    return Status(Code::Corrupt, "read a key set: it is no JSON object with an array 'keys'");
  }
  if (list->items.size() > kMaxKeys) {
    return Status(Code::TooLarge, "read a key set: it has more than " + std::to_string(kMaxKeys) + " keys");
  }
  std::shared_ptr<KeySet> set(new KeySet());
  for (const Json& item : list->items) {
    Key key;
    if (!key.read(item)) {
      ++set->left_out_;
      continue;
    }
    set->fingerprint_.push_back(key.kid + '\0' + (key.has_kid ? '1' : '0') + key.algorithm + '\0' + key.material);
    key.material = {};
    set->keys_.push_back(std::move(key));
  }
  std::sort(set->fingerprint_.begin(), set->fingerprint_.end());
  return std::shared_ptr<const KeySet>(std::move(set));
}

Refusal KeySet::verify(const Jwt& token) const {
  bool named = false;
  bool fitting = false;
  std::size_t tries = 0;
  for (const Key& key : keys_) {
    if (token.has_kid && !(key.has_kid && key.kid == token.kid)) {
      continue;
    }
    named = true;
    if (!key.fits(*token.algorithm)) {
      continue;
    }
    fitting = true;
    if (++tries > kMaxTries) {
      break;
    }
    if (key.verifies(token)) {
      return Refusal::None;
    }
  }
  if (!token.has_kid || !named) {
    return Refusal::KeyUnknown;  // without a name the key may be one that is not known yet
  }
  return fitting ? Refusal::Signature : Refusal::KeyMismatch;
}

}  // namespace tessera::auth
