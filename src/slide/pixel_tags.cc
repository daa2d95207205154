#include "slide/pixel_tags.h"

#include <limits>

namespace tessera::slide {

Result<PixelTags> read_pixel_tags(const TiffFile& file, const TiffDirectory& directory) {
  TRY_ASSIGN(const std::uint64_t planar, file.number(directory, tiff::kPlanarConfiguration, 1));
  if (planar != 1) {
    return file.unsupported(directory, tiff::kPlanarConfiguration, "colours in separate planes cannot be copied");
  }
  TRY_ASSIGN(const std::uint64_t orientation, file.number(directory, tiff::kOrientation, 1));
  if (orientation != 1) {
    return file.unsupported(directory, tiff::kOrientation,
                            std::to_string(orientation) + " (turned or mirrored); only 1 can be copied");
  }
  TRY_ASSIGN(const std::uint64_t bits, file.number(directory, tiff::kBitsPerSample, 1));
  if (bits != 8) {
    return file.unsupported(directory, tiff::kBitsPerSample, std::to_string(bits) + " bits; only 8 can be copied");
  }
  TRY_ASSIGN(const std::uint64_t samples, file.number(directory, tiff::kSamplesPerPixel, 1));
  if (samples != 1 && samples != 3) {
    return file.unsupported(directory, tiff::kSamplesPerPixel,
                            std::to_string(samples) + " samples per pixel; only 1 and 3 can be copied");
  }
  PixelTags tags;
  tags.samples = static_cast<std::uint16_t>(samples);
  constexpr std::uint64_t kLongest = std::numeric_limits<std::int32_t>::max();
  TRY_ASSIGN(tags.width, read_size(file, directory, tiff::kImageWidth, kLongest));
  TRY_ASSIGN(tags.height, read_size(file, directory, tiff::kImageLength, kLongest));
  return tags;
}

Result<std::uint32_t> read_size(const TiffFile& file, const TiffDirectory& directory, std::uint16_t tag,
                                std::uint64_t limit) {
  TRY_ASSIGN(const std::uint64_t value, file.number(directory, tag));
  if (value == 0 || value > limit) {
    return file.corrupt(directory, tag, std::to_string(value) + " is outside 1 to " + std::to_string(limit));
  }
  return static_cast<std::uint32_t>(value);
}

Result<TileCoding> jpeg_coding(const TiffFile& file, const TiffDirectory& directory, std::uint16_t samples,
                               const codec::JpegHead& whole) {
  TRY_ASSIGN(const std::uint64_t photometric, file.number(directory, tiff::kPhotometricInterpretation));
  TileCoding coding;
  coding.transfer_syntax = kJpegBaselineSyntax;
  coding.lossy_method = "ISO_10918_1";
  coding.samples_per_pixel = samples;
  if (samples == 1) {
    coding.photometric = "MONOCHROME2";
    return photometric == 1 ? Result<TileCoding>(coding)
                            : file.unsupported(directory, tiff::kPhotometricInterpretation,
                                               std::to_string(photometric) + " for one sample; only 1 (black is zero)");
  }
  codec::JpegColor color = whole.stated_color();
  if (color == codec::JpegColor::Unstated && photometric == 2) {
    color = codec::JpegColor::Rgb;
  } else if (color == codec::JpegColor::Unstated && photometric == 6) {
    color = codec::JpegColor::YCbCr;
  }
  if (color != codec::JpegColor::Rgb && color != codec::JpegColor::YCbCr) {
    return file.unsupported(directory, tiff::kPhotometricInterpretation,
                            std::to_string(photometric) + " for three samples; only 2 (RGB) and 6 (YCbCr)");
  }
  // Readers accept no other name for YCbCr, whatever the subsampling.
  coding.photometric = color == codec::JpegColor::Rgb ? "RGB" : "YBR_FULL_422";
  return coding;
}

}  // namespace tessera::slide
