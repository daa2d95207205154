// The rules of how a slide's pixels are to be read: colours, bits, what was lost (wsi-dicom §1a, §1g).
#include <algorithm>

#include "dicom/checks_slide_view.h"
#include "dicom/transfer_syntax.h"

namespace tessera::dicom {

namespace {

constexpr Tag kTop = SlideView::kTop;

// wsi-dicom §1g: what the standard, dciodvfy and OpenSlide all take.
bool allowed(const TransferSyntax& syntax, const std::string& value) {
  const std::string_view media = syntax.frame_media_type;
  const bool baseline = syntax.uid == kJpegBaseline;
  if (baseline || syntax.uid == "1.2.840.10008.1.2.4.51" || media == "image/jxl") {
    return value == "YBR_FULL_422" || value == "RGB" || (media == "image/jxl" && value == "XYB");
  }
  if (media == "image/jp2" || media == "image/jphc" || media == "image/jpx") {
    return value == "RGB" || value == "YBR_RCT" || (value == "YBR_ICT" && syntax.lossy_possible);
  }
  return value == "RGB";
}

void check_photometric(const SlideView& s) {
  const std::string uid = s.attributes.text(kTop, tags::kTransferSyntaxUID);
  const std::string value = s.attributes.text(kTop, tags::kPhotometricInterpretation);
  const TransferSyntax* syntax = find_transfer_syntax(uid);
  if (s.is_color() && syntax && !value.empty() && !allowed(*syntax, value)) {
    s.tell(Rule::Photometric, tags::kPhotometricInterpretation,
           "PhotometricInterpretation is " + printable(value) + " with " + std::string(syntax->name));
  }
  if (!s.is_color() && !value.empty() && value != "MONOCHROME2") {
    s.tell(Rule::Photometric, tags::kPhotometricInterpretation,
           "PhotometricInterpretation is " + printable(value) + " with one sample per pixel, not MONOCHROME2");
  }
  if (s.is_color() && s.attributes.number(tags::kPlanarConfiguration, 9) != 0) {
    s.tell(Rule::Planar, tags::kPlanarConfiguration, "PlanarConfiguration of a colour slide is not 0");
  }
  if (!s.is_color() && s.attributes.has(kTop, tags::kPlanarConfiguration)) {
    s.tell(Rule::Planar, tags::kPlanarConfiguration, "PlanarConfiguration with one sample per pixel");
  }
  const double allocated = s.attributes.number(tags::kBitsAllocated, 0);
  const double stored = s.attributes.number(tags::kBitsStored, 0);
  if (allocated != stored || (allocated != 8 && allocated != 16) ||
      s.attributes.number(tags::kHighBit, 0) != stored - 1) {
    s.tell(Rule::Bits, tags::kBitsStored,
           "BitsAllocated, BitsStored and HighBit are " + shown(allocated) + ", " + shown(stored) + ", " +
               shown(s.attributes.number(tags::kHighBit, 0)) + "; a slide has 8, 8, 7 or 16, 16, 15");
  }
}

// One ratio and one method for each step that lost something, the last one of this file's own syntax.
void check_lossy_steps(const SlideView& s, bool is_jpeg) {
  const auto ratios = s.attributes.numbers(kTop, tags::kLossyImageCompressionRatio);
  const auto methods = s.attributes.texts(kTop, tags::kLossyImageCompressionMethod);
  if (ratios.empty() || methods.empty()) {
    return;
  }
  if (ratios.size() != methods.size()) {
    s.tell(Rule::Lossy, tags::kLossyImageCompressionMethod,
           "LossyImageCompressionRatio has " + std::to_string(ratios.size()) + " values, LossyImageCompressionMethod " +
               std::to_string(methods.size()));
  }
  if (std::any_of(ratios.begin(), ratios.end(), [](double ratio) { return !(ratio > 0); })) {
    s.tell(Rule::Lossy, tags::kLossyImageCompressionRatio,
           "LossyImageCompressionRatio is not above 0: " +
               printable(s.attributes.text(kTop, tags::kLossyImageCompressionRatio)));
  }
  if (is_jpeg && std::find(methods.begin(), methods.end(), "ISO_10918_1") == methods.end()) {
    s.tell(Rule::Lossy, tags::kLossyImageCompressionMethod,
           "LossyImageCompressionMethod is " + printable(s.attributes.text(kTop, tags::kLossyImageCompressionMethod)) +
               " with a JPEG syntax, whose method is ISO_10918_1");
  }
}

void check_lossy(const SlideView& s) {
  const std::string uid = s.attributes.text(kTop, tags::kTransferSyntaxUID);
  const std::string said = s.attributes.text(kTop, tags::kLossyImageCompression);
  const bool always_lossy = uid == kJpegBaseline || uid == "1.2.840.10008.1.2.4.51";
  if (always_lossy && said == "00") {
    s.tell(Rule::Lossy, tags::kLossyImageCompression,
           "LossyImageCompression is 00 with a JPEG syntax that always loses");
  }
  if (!said.empty() && said != "00" && said != "01") {
    s.tell(Rule::Lossy, tags::kLossyImageCompression, "LossyImageCompression is " + printable(said) + ", not 00 or 01");
  }
  for (const Tag tag : {tags::kLossyImageCompressionRatio, tags::kLossyImageCompressionMethod}) {
    if (said == "01" && s.attributes.text(kTop, tag).empty()) {
      s.tell(Rule::Lossy, tag, name_of(tag) + " is missing where LossyImageCompression is 01");
    }
  }
  if (said == "01") {
    check_lossy_steps(s, always_lossy);
  }
}

// The head of an ICC profile (ICC.1 7.2): its class at byte 12, "acsp" at byte 36.
void check_profile_head(const SlideView& s, const SlideAttributes::Held& profile) {
  constexpr std::size_t kClass = 12, kSignature = 36;
  const std::string_view head = profile.bytes;
  if (profile.length < 128 || head.size() < 128 || head.substr(kSignature, 4) != "acsp") {
    s.tell(Rule::ColorProfile, tags::kICCProfile,
           "ICCProfile of " + std::to_string(profile.length) + " bytes is no ICC profile", tags::kOpticalPathSequence);
  } else if (head.substr(kClass, 4) != "scnr") {
    s.tell(Rule::ProfileClass, tags::kICCProfile,
           "the class of ICCProfile is \"" + printable(head.substr(kClass, 4)) + "\", not \"scnr\"",
           tags::kOpticalPathSequence);
  }
}

void check_color_profile(const SlideView& s) {
  const SlideAttributes::Held* profile = s.attributes.find(tags::kOpticalPathSequence, tags::kICCProfile);
  const SlideAttributes::Held* paths = s.attributes.find(kTop, tags::kOpticalPathSequence);
  if (profile && profile->length > 0) {
    check_profile_head(s, *profile);
  }
  if (!s.is_color() || !paths) {
    return;
  }
  const std::uint64_t with = profile ? profile->times - profile->empties : 0;
  if (with < paths->items) {
    s.tell(Rule::ColorProfile, tags::kICCProfile,
           std::to_string(with) + " of " + std::to_string(paths->items) + " optical paths have an ICCProfile",
           tags::kOpticalPathSequence);
  }
}

}  // namespace

void check_pixels(const SlideView& s) {
  check_photometric(s);
  check_lossy(s);
  check_color_profile(s);
}

}  // namespace tessera::dicom
