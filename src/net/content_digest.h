// Digests of a body that its sender states, verified as the bytes come: Content-Digest and Repr-Digest (RFC 9530:
// "sha-256=:base64:, sha-512=:base64:"), and Digest, which came before them (RFC 3230: "SHA-256=base64"). A body here
// has neither content-coding nor range, so that all three mean the same bytes. One thread.
#pragma once

#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::net {

class ContentDigest {
 public:
  ContentDigest();
  ~ContentDigest();
  ContentDigest(ContentDigest&&) noexcept;
  ContentDigest& operator=(ContentDigest&&) noexcept;

  // The value of a field of that name, empty or not. InvalidArgument, naming the field, for what is malformed.
  // Algorithms other than SHA-256 and SHA-512 are passed over, as both RFCs have it.
  Status read_field(std::string_view name, std::string_view value);
  // All three fields of a head: `field(name)` gives a value, empty when there is none.
  template <class Field>
  static Result<ContentDigest> of(const Field& field) {
    ContentDigest digest;
    for (const char* name : {"Content-Digest", "Repr-Digest", "Digest"}) {
      RETURN_IF_ERROR(digest.read_field(name, field(name)));
    }
    return digest;
  }

  // Whether there is anything to verify.
  bool is_stated() const;
  void update(ByteView bytes);
  // After the last byte: InvalidArgument, naming the field and the algorithm, when a digest does not hold. Once.
  Status check();

 private:
  struct Stated;
  std::unique_ptr<Stated> stated_;  // none: nothing was stated
};

}  // namespace tessera::net
