// The top-level attributes that say how frames lie in pixel data, gathered from tokens. Used by
// FrameTableBuilder only; one thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "dicom/token.h"

namespace tessera::dicom {

class PixelAttributes {
 public:
  // For every value of the file; looks at depth 0 only.
  void note(const ElementHeader& element, ByteView value);

  // NumberOfFrames; 1 when absent, empty or 0. Corrupt when it is no positive number.
  Result<std::uint32_t> frame_count() const;
  // MPEG2, MPEG4, HEVC: the container does not tell frames apart.
  bool is_video() const;
  // Bits of one native frame of `frames` in `bytes` of `pixel_data` (PixelData, FloatPixelData, DoubleFloatPixelData).
  // Corrupt naming the attribute that is missing or zero.
  Result<std::uint64_t> frame_bits(Tag pixel_data, std::uint32_t frames, std::uint64_t bytes) const;

 private:
  std::uint64_t allocated_bits(Tag pixel_data) const;

  std::uint16_t samples_ = 1;
  std::uint16_t rows_ = 0;
  std::uint16_t columns_ = 0;
  std::uint16_t bits_allocated_ = 0;
  std::string frames_;
  std::string photometric_;
  std::string syntax_;
};

}  // namespace tessera::dicom
