// jpeg_segments: the marker segments of a JPEG stream one after the other, for the files of this room that read them
// (ITU T.81 B.1.1). Views into the caller's bytes; stops where they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::codec::jpeg {

enum Marker : std::uint8_t {
  kSof0 = 0xC0,
  kDht = 0xC4,
  kJpg = 0xC8,
  kDac = 0xCC,
  kSof15 = 0xCF,
  kRst0 = 0xD0,
  kRst7 = 0xD7,
  kSoi = 0xD8,
  kEoi = 0xD9,
  kSos = 0xDA,
  kDqt = 0xDB,
  kDri = 0xDD,
  kApp0 = 0xE0,
  kApp14 = 0xEE,
  kTem = 0x01,
};

inline Status corrupt(std::size_t at, std::string_view why) {
  return Status(Code::Corrupt, "JPEG, byte " + std::to_string(at) + ": " + std::string(why));
}

inline bool is_sof(std::uint8_t marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kJpg && marker != kDac;
}

// One marker segment: `payload` is what follows its two length bytes.
struct Segment {
  std::uint8_t marker = 0;
  std::size_t begin = 0;  // of the 0xFF
  std::size_t end = 0;
  ByteView payload;
};

class Segments {
 public:
  explicit Segments(ByteView bytes) : bytes_(bytes) {}

  Status start();
  // Nothing at the end of the bytes.
  Result<std::optional<Segment>> next();

 private:
  const ByteView bytes_;
  std::size_t at_ = 0;
};

}  // namespace tessera::codec::jpeg
