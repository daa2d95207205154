#include "archive/image_pixels.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "archive/blob_header.h"
#include "dicom/charset.h"
#include "dicom/tags.h"

namespace tessera::archive {

namespace {

using dicom::ElementHeader;

constexpr dicom::Tag kBeyond{0x00300000};  // the first tag that says nothing of how pixels lie

class PixelSink final : public dicom::TokenSink {
 public:
  Status on_value(const ElementHeader& element, ByteView value) override {
    if (element.depth == 0) {
      note(element, value);
    }
    return {};
  }

  Result<codec::PixelLayout> layout() const {
    codec::PixelLayout layout;
    if (rows_ == 0 || columns_ == 0 || allocated_ == 0) {
      return Status(Code::Corrupt, "its header lacks " + std::string(rows_ == 0      ? "Rows (0028,0010)"
                                                                     : columns_ == 0 ? "Columns (0028,0011)"
                                                                                     : "BitsAllocated (0028,0100)"));
    }
    layout.rows = rows_;
    layout.columns = columns_;
    layout.samples = samples_;
    layout.bits_allocated = allocated_;
    layout.bits_stored = stored_.value_or(allocated_);
    layout.high_bit = high_bit_.value_or(static_cast<std::uint16_t>(layout.bits_stored - 1));
    layout.is_signed = is_signed_ == 1;
    layout.by_plane = planar_ == 1 && samples_ > 1;
    layout.photometric = codec::photometric_of(photometric_);
    return layout;
  }

 private:
  void note(const ElementHeader& element, ByteView value) {
    const std::uint16_t number = value.size() < 2 ? std::uint16_t{0} : load_le16(value.data());
    switch (element.tag.value) {
      case dicom::tags::kRows.value:
        rows_ = number;
        return;
      case dicom::tags::kColumns.value:
        columns_ = number;
        return;
      case dicom::tags::kSamplesPerPixel.value:
        samples_ = number;
        return;
      case dicom::tags::kBitsAllocated.value:
        allocated_ = number;
        return;
      case dicom::tags::kBitsStored.value:
        stored_ = number;
        return;
      case dicom::tags::kHighBit.value:
        high_bit_ = number;
        return;
      case dicom::tags::kPixelRepresentation.value:
        is_signed_ = number;
        return;
      case dicom::tags::kPlanarConfiguration.value:
        planar_ = number;
        return;
      case dicom::tags::kPhotometricInterpretation.value:
        photometric_ = dicom::split_values(as_text(value), dicom::Vr::CS).front();
        return;
      default:
        return;
    }
  }

  std::uint16_t rows_ = 0, columns_ = 0, samples_ = 1, allocated_ = 0, is_signed_ = 0, planar_ = 0;
  std::optional<std::uint16_t> stored_, high_bit_;
  std::string photometric_;
};

bool is_native(const Located& located) {
  return located.frames.kind == dicom::FrameKind::Native || located.frames.kind == dicom::FrameKind::NativeBits;
}

// What stands before native pixels: tag, VR and two reserved bytes where VRs are explicit, length (PS3.5 7.1.2).
Status look_before_pixels(const Located& located, ImagePixels& pixels) {
  const dicom::TransferSyntax* syntax = located.syntax;
  const std::uint64_t header = syntax != nullptr && !syntax->explicit_vr ? 8 : 12;
  if (!is_native(located) || located.frames.first_offset < header) {
    return {};
  }
  std::array<std::uint8_t, 12> bytes{};
  RETURN_IF_ERROR(read_fully(*located.content, located.frames.first_offset - header, bytes));
  const bool big = syntax != nullptr && syntax->big_endian;
  const std::uint16_t element = big ? load_be16(bytes.data() + 2) : load_le16(bytes.data() + 2);
  pixels.is_float = element != dicom::tags::kPixelData.element();
  pixels.swapped_words = big && pixels.layout.bits_allocated <= 8 && as_text(ByteView(bytes).subspan(4, 2)) == "OW";
  return {};
}

}  // namespace

Result<ImagePixels> read_image_pixels(const Located& located) {
  PixelSink sink;
  RETURN_IF_ERROR(read_before(*located.blob, kBeyond, sink));
  ImagePixels pixels;
  TRY_ASSIGN(pixels.layout, sink.layout());
  RETURN_IF_ERROR(look_before_pixels(located, pixels));
  return pixels;
}

}  // namespace tessera::archive
