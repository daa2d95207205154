#include "dicom/pixel_attributes.h"

#include <charconv>
#include <string_view>
#include <system_error>

#include "dicom/charset.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

Status missing(Tag tag, std::string_view keyword) {
  return Status(Code::Corrupt, "index frames: pixel data without " + std::string(keyword) + " " + tag.text());
}

std::uint16_t load_us(ByteView value) {
  return value.size() < 2 ? std::uint16_t{0} : load_le16(value.data());
}

std::string first_value(ByteView value, Vr vr) {
  return split_values(as_text(value), vr).front();
}

}  // namespace

void PixelAttributes::note(const ElementHeader& element, ByteView value) {
  if (element.depth != 0) {
    return;
  }
  switch (element.tag.value) {
    case tags::kTransferSyntaxUID.value:
      syntax_ = first_value(value, Vr::UI);
      return;
    case tags::kSamplesPerPixel.value:
      samples_ = load_us(value);
      return;
    case tags::kPhotometricInterpretation.value:
      photometric_ = first_value(value, Vr::CS);
      return;
    case tags::kNumberOfFrames.value:
      frames_ = first_value(value, Vr::IS);
      return;
    case tags::kRows.value:
      rows_ = load_us(value);
      return;
    case tags::kColumns.value:
      columns_ = load_us(value);
      return;
    case tags::kBitsAllocated.value:
      bits_allocated_ = load_us(value);
      return;
    default:
      return;
  }
}

Result<std::uint32_t> PixelAttributes::frame_count() const {
  std::string_view text = frames_;
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  std::uint32_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (!text.empty() && (read.ec != std::errc() || read.ptr != text.data() + text.size())) {
    return Status(Code::Corrupt, "index frames: NumberOfFrames (0028,0008) is \"" + frames_.substr(0, 32) + "\"");
  }
  return count == 0 ? 1 : count;
}

bool PixelAttributes::is_video() const {
  constexpr std::string_view kFamily = "1.2.840.10008.1.2.4.10";  // .100 to .108 and their fragmentable kin
  return syntax_.starts_with(kFamily) && syntax_.size() > kFamily.size();
}

std::uint64_t PixelAttributes::allocated_bits(Tag pixel_data) const {
  if (pixel_data == tags::kFloatPixelData) {
    return 32;
  }
  return pixel_data == tags::kDoubleFloatPixelData ? 64 : bits_allocated_;
}

Result<std::uint64_t> PixelAttributes::frame_bits(Tag pixel_data, std::uint32_t frames, std::uint64_t bytes) const {
  if (rows_ == 0) {
    return missing(tags::kRows, "Rows");
  }
  if (columns_ == 0) {
    return missing(tags::kColumns, "Columns");
  }
  const std::uint64_t allocated = allocated_bits(pixel_data);
  if (allocated == 0) {
    return missing(tags::kBitsAllocated, "BitsAllocated");
  }
  if (samples_ == 0) {
    return missing(tags::kSamplesPerPixel, "SamplesPerPixel");
  }
  if (samples_ > 4 || allocated > 64) {  // keeps the product below 2^40; the standard has 1 to 4 and 1 to 64
    return Status(Code::Corrupt, "index frames: " + std::to_string(samples_) + " samples of " +
                                     std::to_string(allocated) + " bits per pixel");
  }
  const std::uint64_t bits = std::uint64_t{rows_} * columns_ * samples_ * allocated;
  // Native chroma is halved across (PS3.3 C.7.6.3.1.2): two samples per pixel in all. Writers that decoded a JPEG and
  // left its name there have three.
  const bool halved = photometric_ == "YBR_FULL_422" || photometric_ == "YBR_PARTIAL_422";
  const bool all_fit = bits / 8 <= bytes / frames;
  return halved && samples_ == 3 && !all_fit ? bits / 3 * 2 : bits;
}

}  // namespace tessera::dicom
