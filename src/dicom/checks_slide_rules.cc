// The rules over a slide's attributes. Each function is one subject; the table says what must be there.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "dicom/checks_slide.h"
#include "dicom/dictionary.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace tessera::dicom {

namespace {

constexpr Tag kTop{};
constexpr Tag kConcatenationUID{0x00209161};

// Type 1 and 2 attributes of the IOD without a condition; `sequence` is where they stand.
struct Required {
  Tag sequence, tag;
  int type;
};
constexpr Required kRequired[] = {
    {kTop, tags::kContentDate, 1},
    {kTop, tags::kContentTime, 1},
    {kTop, tags::kAcquisitionDateTime, 1},
    {kTop, tags::kStudyDate, 2},
    {kTop, tags::kStudyTime, 2},
    {kTop, tags::kAccessionNumber, 2},
    {kTop, tags::kModality, 1},
    {kTop, tags::kManufacturer, 1},
    {kTop, tags::kManufacturerModelName, 1},
    {kTop, tags::kDeviceSerialNumber, 1},
    {kTop, tags::kSoftwareVersions, 1},
    {kTop, tags::kReferringPhysicianName, 2},
    {kTop, tags::kVolumetricProperties, 1},
    {kTop, tags::kPatientName, 2},
    {kTop, tags::kPatientID, 2},
    {kTop, tags::kPatientBirthDate, 2},
    {kTop, tags::kPatientSex, 2},
    {kTop, tags::kStudyInstanceUID, 1},
    {kTop, tags::kSeriesInstanceUID, 1},
    {kTop, tags::kStudyID, 2},
    {kTop, tags::kSeriesNumber, 2},
    {kTop, tags::kInstanceNumber, 1},
    {kTop, tags::kFrameOfReferenceUID, 1},
    {kTop, tags::kPositionReferenceIndicator, 2},
    {kTop, tags::kDimensionOrganizationSequence, 1},
    {kTop, tags::kSamplesPerPixel, 1},
    {kTop, tags::kPhotometricInterpretation, 1},
    {kTop, tags::kNumberOfFrames, 1},
    {kTop, tags::kRows, 1},
    {kTop, tags::kColumns, 1},
    {kTop, tags::kBitsAllocated, 1},
    {kTop, tags::kBitsStored, 1},
    {kTop, tags::kHighBit, 1},
    {kTop, tags::kPixelRepresentation, 1},
    {kTop, tags::kBurnedInAnnotation, 1},
    {kTop, tags::kLossyImageCompression, 1},
    {kTop, tags::kContainerIdentifier, 1},
    {kTop, tags::kIssuerOfTheContainerIdentifierSequence, 2},
    {kTop, tags::kContainerTypeCodeSequence, 2},
    {kTop, tags::kAcquisitionContextSequence, 2},
    {kTop, tags::kSpecimenDescriptionSequence, 1},
    {tags::kSpecimenDescriptionSequence, tags::kSpecimenIdentifier, 1},
    {tags::kSpecimenDescriptionSequence, tags::kSpecimenUID, 1},
    {tags::kSpecimenDescriptionSequence, tags::kIssuerOfTheSpecimenIdentifierSequence, 2},
    {tags::kSpecimenDescriptionSequence, tags::kSpecimenPreparationSequence, 2},
    {kTop, tags::kTotalPixelMatrixOriginSequence, 1},
    {kTop, tags::kSpecimenLabelInImage, 1},
    {kTop, tags::kFocusMethod, 1},
    {kTop, tags::kExtendedDepthOfField, 1},
    {kTop, tags::kOpticalPathSequence, 1},
    {tags::kOpticalPathSequence, tags::kOpticalPathIdentifier, 1},
    {tags::kOpticalPathSequence, tags::kIlluminationTypeCodeSequence, 1},
    {kTop, tags::kSharedFunctionalGroupsSequence, 1},
};

class Slide {
 public:
  Slide(const SlideAttributes& attributes, std::uint64_t frames, Findings& findings)
      : a_(attributes), frames_(frames), findings_(findings), flavor_(flavor_of(attributes)) {}

  void check() const {
    required();
    image_type();
    matrix();
    tiles();
    orientation();
    spacing();
    volume();
    optical_paths();
    flags();
    photometric();
    lossy();
    color_profile();
    slide_label();
  }

 private:
  static std::string flavor_of(const SlideAttributes& attributes) {
    const auto type = attributes.texts(kTop, tags::kImageType);
    return type.size() >= 3 ? type[2] : "";
  }
  static std::string name(Tag tag) {
    const DictionaryRow* row = find_tag(tag);
    return row ? std::string(row->keyword) : tag.text();
  }
  static std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
  }
  void find(Rule rule, Tag tag, std::string what, Tag sequence = kTop) const {
    findings_.add(rule, tag, a_.offset(sequence, tag), std::move(what));
  }
  void require(Tag sequence, Tag tag, int type) const {
    const SlideAttributes::Held* held = a_.find(sequence, tag);
    const std::string where = sequence == kTop ? "" : " in " + name(sequence);
    if (!held) {
      find(Rule::Missing, tag, name(tag) + where + " is missing (type " + std::to_string(type) + ")", sequence);
    } else if (type == 1 && (held->vr == Vr::SQ ? held->items == 0 : held->length == 0)) {
      find(Rule::Empty, tag, name(tag) + where + " is empty (type 1)", sequence);
    }
  }

  bool is_full() const { return a_.text(kTop, tags::kDimensionOrganizationType) == "TILED_FULL"; }
  bool is_single() const { return flavor_ == "LABEL" || flavor_ == "OVERVIEW" || flavor_ == "THUMBNAIL"; }
  bool shows_label() const { return flavor_ == "LABEL" || flavor_ == "OVERVIEW"; }
  double columns() const { return a_.number(tags::kTotalPixelMatrixColumns, 0); }
  double rows() const { return a_.number(tags::kTotalPixelMatrixRows, 0); }
  double paths() const { return a_.number(tags::kNumberOfOpticalPaths, 1); }
  bool is_color() const { return a_.number(tags::kSamplesPerPixel, 1) > 1; }

  void required() const {
    for (const Required& row : kRequired) {
      if (row.sequence == kTop || a_.has(kTop, row.sequence)) {
        require(row.sequence, row.tag, row.type);
      }
    }
    if (is_full()) {
      require(kTop, tags::kImageOrientationSlide, 1);
      require(kTop, tags::kNumberOfOpticalPaths, 1);
      require(kTop, tags::kTotalPixelMatrixFocalPlanes, 1);
    }
    if (flavor_ == "VOLUME") {
      require(kTop, tags::kImagedVolumeWidth, 1);
      require(kTop, tags::kImagedVolumeHeight, 1);
      require(kTop, tags::kImagedVolumeDepth, 1);
    }
    if (const std::string modality = a_.text(kTop, tags::kModality); !modality.empty() && modality != "SM") {
      find(Rule::Value, tags::kModality, "Modality is " + printable(modality) + ", a slide's is SM");
    }
  }

  void image_type() const {
    const auto type = a_.texts(kTop, tags::kImageType);
    const auto is_one_of = [](const std::string& value, std::initializer_list<const char*> some) {
      return std::any_of(some.begin(), some.end(), [&](const char* one) { return value == one; });
    };
    const std::string text = printable(a_.text(kTop, tags::kImageType));
    if (type.size() != 4) {
      find(Rule::ImageType, tags::kImageType,
           "ImageType has " + std::to_string(type.size()) + " values, not 4: " + text);
    } else if (!is_one_of(type[0], {"ORIGINAL", "DERIVED"}) || type[1] != "PRIMARY" ||
               !is_one_of(type[2], {"VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL"}) ||
               !is_one_of(type[3], {"NONE", "RESAMPLED"})) {
      find(Rule::ImageType, tags::kImageType, "ImageType is " + text);
    }
    const Tag sequence = tags::kWholeSlideMicroscopyImageFrameTypeSequence;
    const auto frame_type = a_.texts(sequence, tags::kFrameType);
    if (frame_type.empty()) {
      find(Rule::FrameType, tags::kFrameType, "FrameType is missing from the functional groups", sequence);
    } else if (frame_type != type) {
      find(Rule::FrameType, tags::kFrameType,
           "FrameType is " + printable(a_.text(sequence, tags::kFrameType)) + ", ImageType is " + text, sequence);
    }
    if (shows_label() && a_.has(kTop, tags::kPyramidUID)) {
      find(Rule::PyramidMember, tags::kPyramidUID, "a " + flavor_ + " has a PyramidUID");
    }
  }

  void matrix() const {
    for (const Tag tag : {tags::kTotalPixelMatrixColumns, tags::kTotalPixelMatrixRows}) {
      if (a_.number(tag, 0) < 1) {
        find(Rule::Matrix, tag, name(tag) + (a_.has(kTop, tag) ? " is 0" : " is missing"));
      }
    }
    for (const Tag tag : {tags::kRows, tags::kColumns}) {
      if (a_.has(kTop, tag) && a_.number(tag, 0) < 1) {
        find(Rule::TileSize, tag, name(tag) + " is 0");
      }
    }
  }

  void tiles() const {
    const double across = a_.number(tags::kColumns, 0);
    const double down = a_.number(tags::kRows, 0);
    const std::string said = a_.text(kTop, tags::kNumberOfFrames);
    if (a_.has(kTop, tags::kNumberOfFrames) && a_.number(tags::kNumberOfFrames, 0) < 1) {
      find(Rule::FrameCount, tags::kNumberOfFrames, "NumberOfFrames is \"" + printable(said) + "\"");
    }
    if (is_single()) {
      if (frames_ != 1) {
        find(Rule::SingleFrame, tags::kNumberOfFrames, "a " + flavor_ + " has " + std::to_string(frames_) + " frames");
      }
      return;
    }
    // A part of a concatenation has its share of the frames.
    if (!is_full() || a_.has(kTop, kConcatenationUID) || across < 1 || down < 1 || columns() < 1 || rows() < 1) {
      return;
    }
    const double wanted = std::ceil(columns() / across) * std::ceil(rows() / down) *
                          a_.number(tags::kTotalPixelMatrixFocalPlanes, 1) * paths();
    if (static_cast<double>(frames_) != wanted) {
      find(Rule::TileCount, tags::kNumberOfFrames,
           "NumberOfFrames is " + std::to_string(frames_) + "; a matrix of " + shown(columns()) + " x " +
               shown(rows()) + " in tiles of " + shown(across) + " x " + shown(down) + " has " + shown(wanted));
    }
  }

  void orientation() const {
    if (!a_.has(kTop, tags::kImageOrientationSlide)) {
      return;
    }
    const auto v = a_.numbers(kTop, tags::kImageOrientationSlide);
    if (v.size() != 6) {
      find(Rule::Orientation, tags::kImageOrientationSlide,
           "ImageOrientationSlide has " + std::to_string(v.size()) + " numbers, not 6");
      return;
    }
    constexpr double kTolerance = 1e-3;
    const double row = std::hypot(v[0], v[1], v[2]);
    const double column = std::hypot(v[3], v[4], v[5]);
    const double dot = v[0] * v[3] + v[1] * v[4] + v[2] * v[5];
    // Written so that a NaN does not pass.
    if (!(std::abs(row - 1) < kTolerance && std::abs(column - 1) < kTolerance && std::abs(dot) < kTolerance)) {
      find(Rule::Orientation, tags::kImageOrientationSlide,
           "ImageOrientationSlide is no pair of orthogonal unit vectors: " +
               printable(a_.text(kTop, tags::kImageOrientationSlide)));
    }
  }

  void spacing() const {
    const Tag sequence = tags::kPixelMeasuresSequence;
    if (shows_label() && !a_.has(sequence, tags::kPixelSpacing)) {
      return;  // no scale is known of a photograph
    }
    const auto spacing = a_.numbers(sequence, tags::kPixelSpacing);
    if (spacing.size() != 2 || !(spacing[0] > 0 && spacing[1] > 0)) {
      find(Rule::Spacing, tags::kPixelSpacing,
           "PixelSpacing in PixelMeasuresSequence is " +
               (spacing.empty() ? "missing or no number" : printable(a_.text(sequence, tags::kPixelSpacing))),
           sequence);
    }
    const auto thickness = a_.numbers(sequence, tags::kSliceThickness);
    if (thickness.size() != 1 || !(thickness[0] > 0)) {
      find(Rule::Spacing, tags::kSliceThickness, "SliceThickness in PixelMeasuresSequence is missing or not above 0",
           sequence);
    }
  }

  void volume() const {
    if (a_.has(kTop, tags::kImagedVolumeDepth) && !(a_.number(tags::kImagedVolumeDepth, 0) > 0)) {
      find(Rule::Depth, tags::kImagedVolumeDepth, "ImagedVolumeDepth is not above 0");
    }
    const auto spacing = a_.numbers(tags::kPixelMeasuresSequence, tags::kPixelSpacing);
    if (flavor_ != "VOLUME" || spacing.size() != 2) {
      return;
    }
    const auto compare = [&](Tag tag, double said, double pixels, double step) {
      const double wanted = pixels * step;
      // 2 percent, or the two pixels that rounding a level's size may cost.
      if (a_.has(kTop, tag) && wanted > 0 && std::abs(said - wanted) > std::max(0.02 * wanted, 2 * step)) {
        find(Rule::Volume, tag,
             name(tag) + " is " + shown(said) + " mm; " + shown(pixels) + " pixels of " + shown(step) + " mm are " +
                 shown(wanted));
      }
    };
    compare(tags::kImagedVolumeWidth, a_.number(tags::kImagedVolumeWidth, 0), columns(), spacing[1]);
    compare(tags::kImagedVolumeHeight, a_.number(tags::kImagedVolumeHeight, 0), rows(), spacing[0]);
  }

  void optical_paths() const {
    const SlideAttributes::Held* sequence = a_.find(kTop, tags::kOpticalPathSequence);
    if (sequence && a_.has(kTop, tags::kNumberOfOpticalPaths) && static_cast<double>(sequence->items) != paths()) {
      find(Rule::OpticalPaths, tags::kNumberOfOpticalPaths,
           "NumberOfOpticalPaths is " + shown(paths()) + ", OpticalPathSequence has " +
               std::to_string(sequence->items) + " items");
    }
  }

  void flags() const {
    if (flavor_.empty()) {
      return;
    }
    const std::string label = a_.text(kTop, tags::kSpecimenLabelInImage);
    const std::string wanted = shows_label() ? "YES" : "NO";
    if (!label.empty() && label != wanted) {
      find(Rule::LabelFlag, tags::kSpecimenLabelInImage,
           "SpecimenLabelInImage is " + printable(label) + " in a " + printable(flavor_) + ", not " + wanted);
    }
    const std::string burned = a_.text(kTop, tags::kBurnedInAnnotation);
    if (!burned.empty() && burned != "YES" && burned != "NO") {
      find(Rule::LabelFlag, tags::kBurnedInAnnotation,
           "BurnedInAnnotation is " + printable(burned) + ", not YES or NO");
    }
  }

  void photometric() const {
    const std::string uid = a_.text(kTop, tags::kTransferSyntaxUID);
    const std::string value = a_.text(kTop, tags::kPhotometricInterpretation);
    const TransferSyntax* syntax = find_transfer_syntax(uid);
    if (is_color() && syntax && !value.empty() && !allowed(*syntax, value)) {
      find(Rule::Photometric, tags::kPhotometricInterpretation,
           "PhotometricInterpretation is " + printable(value) + " with " + std::string(syntax->name));
    }
    if (!is_color() && !value.empty() && value != "MONOCHROME2") {
      find(Rule::Photometric, tags::kPhotometricInterpretation,
           "PhotometricInterpretation is " + printable(value) + " with one sample per pixel, not MONOCHROME2");
    }
    if (is_color() && a_.number(tags::kPlanarConfiguration, 9) != 0) {
      find(Rule::Planar, tags::kPlanarConfiguration, "PlanarConfiguration of a colour slide is not 0");
    }
    if (!is_color() && a_.has(kTop, tags::kPlanarConfiguration)) {
      find(Rule::Planar, tags::kPlanarConfiguration, "PlanarConfiguration with one sample per pixel");
    }
    const double allocated = a_.number(tags::kBitsAllocated, 0);
    const double stored = a_.number(tags::kBitsStored, 0);
    if (allocated != stored || (allocated != 8 && allocated != 16) || a_.number(tags::kHighBit, 0) != stored - 1) {
      find(Rule::Bits, tags::kBitsStored,
           "BitsAllocated, BitsStored and HighBit are " + shown(allocated) + ", " + shown(stored) + ", " +
               shown(a_.number(tags::kHighBit, 0)) + "; a slide has 8, 8, 7 or 16, 16, 15");
    }
  }

  // wsi-dicom §1g: what the standard, dciodvfy and OpenSlide all take.
  static bool allowed(const TransferSyntax& syntax, const std::string& value) {
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

  void lossy() const {
    const std::string uid = a_.text(kTop, tags::kTransferSyntaxUID);
    const std::string said = a_.text(kTop, tags::kLossyImageCompression);
    const bool always_lossy = uid == kJpegBaseline || uid == "1.2.840.10008.1.2.4.51";
    if (always_lossy && said == "00") {
      find(Rule::Lossy, tags::kLossyImageCompression,
           "LossyImageCompression is 00 with a JPEG syntax that always loses");
    }
    if (!said.empty() && said != "00" && said != "01") {
      find(Rule::Lossy, tags::kLossyImageCompression, "LossyImageCompression is " + printable(said) + ", not 00 or 01");
    }
    for (const Tag tag : {tags::kLossyImageCompressionRatio, tags::kLossyImageCompressionMethod}) {
      if (said == "01" && a_.text(kTop, tag).empty()) {
        find(Rule::Lossy, tag, name(tag) + " is missing where LossyImageCompression is 01");
      }
    }
  }

  void color_profile() const {
    const SlideAttributes::Held* profile = a_.find(tags::kOpticalPathSequence, tags::kICCProfile);
    if (is_color() && a_.has(kTop, tags::kOpticalPathSequence) && (!profile || profile->length == 0)) {
      find(Rule::ColorProfile, tags::kICCProfile, "no optical path has an ICCProfile", tags::kOpticalPathSequence);
    }
  }

  void slide_label() const {
    const bool text = a_.has(kTop, tags::kLabelText);
    const bool barcode = a_.has(kTop, tags::kBarcodeValue);
    if (text != barcode) {
      find(Rule::SlideLabel, text ? tags::kLabelText : tags::kBarcodeValue,
           text ? "LabelText without BarcodeValue" : "BarcodeValue without LabelText");
    } else if (flavor_ == "LABEL" && !text) {
      find(Rule::SlideLabel, tags::kLabelText, "a LABEL has neither LabelText nor BarcodeValue");
    }
  }

  const SlideAttributes& a_;
  const std::uint64_t frames_;
  Findings& findings_;
  const std::string flavor_;
};

}  // namespace

void check_slide_attributes(const SlideAttributes& attributes, std::uint64_t frames, Findings& findings) {
  Slide(attributes, frames, findings).check();
}

}  // namespace tessera::dicom
