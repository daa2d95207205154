// SpecificCharacterSet (0008,0005) to UTF-8: an ISO 2022 splitter of our own over iconv (design §4.11).
// Never refuses: a byte that cannot be decoded becomes U+FFFD and is counted. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "dicom/vr.h"

namespace tessera::dicom {

class TextDecoder {
 public:
  // `terms` are the values of SpecificCharacterSet; none or one empty means the default repertoire (ISO 646; bytes
  // above 7F are then taken as Latin-1, which is what writers that forget the attribute mean).
  explicit TextDecoder(const std::vector<std::string>& terms = {});
  ~TextDecoder();
  TextDecoder(TextDecoder&&) noexcept;
  TextDecoder& operator=(TextDecoder&&) noexcept;

  // The whole value, with backslashes and padding still in it. `vr` decides where escapes reset (PS3.5 6.1.2.5.3).
  std::string to_utf8(ByteView value, Vr vr);
  std::uint64_t undecodable() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Splits at backslashes and cuts the padding of each value as the VR wants (leading and trailing for most, trailing
// only for text with significant leading spaces).
std::vector<std::string> split_values(std::string_view utf8, Vr vr);

}  // namespace tessera::dicom
