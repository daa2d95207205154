// Any bytes through the checker, in pieces: it must end, and each of its findings must be printable.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "dicom/checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tessera;
  const ByteView bytes(data, size);
  const std::size_t piece = size > 0 ? 1 + data[size - 1] * std::size_t{7} : 1;
  dicom::FileCheck check;
  for (std::size_t at = 0; at < size && check.feed(bytes.subspan(at, std::min(piece, size - at))); at += piece) {
  }
  const dicom::FileVerdict verdict = check.finish();
  for (const dicom::Finding& finding : verdict.findings.kept()) {
    for (const char c : finding.what) {
      if (static_cast<unsigned char>(c) < 0x20) {
        std::abort();
      }
    }
  }
  (void)dicom::check_series({verdict.facts, verdict.facts});
  return 0;
}
