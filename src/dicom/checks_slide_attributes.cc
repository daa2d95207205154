// The rules of single attributes: what must be there, how often, and with which values (wsi-dicom §1a, §1c).
#include <algorithm>
#include <iterator>

#include "dicom/checks_slide_view.h"

namespace tessera::dicom {

namespace {

constexpr Tag kTop = SlideView::kTop;

// What makes an attribute of type 1C required.
enum class When { Always, Full, NotFull, Placed, Volume, DeepFocus, Gray, Concatenated };

// Type 1 and 2 attributes of the IOD; `sequence` is where they stand, in each of its items.
struct Required {
  Tag sequence, tag;
  int type;
  When when = When::Always;
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
    {tags::kDimensionOrganizationSequence, tags::kDimensionOrganizationUID, 1},
    {kTop, tags::kDimensionIndexSequence, 1, When::NotFull},
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
    {kTop, tags::kImagedVolumeWidth, 1, When::Volume},
    {kTop, tags::kImagedVolumeHeight, 1, When::Volume},
    {kTop, tags::kImagedVolumeDepth, 1, When::Volume},
    {kTop, tags::kTotalPixelMatrixOriginSequence, 1},
    {tags::kTotalPixelMatrixOriginSequence, tags::kXOffsetInSlideCoordinateSystem, 1},
    {tags::kTotalPixelMatrixOriginSequence, tags::kYOffsetInSlideCoordinateSystem, 1},
    {kTop, tags::kImageOrientationSlide, 1, When::Placed},
    {kTop, tags::kNumberOfOpticalPaths, 1, When::Full},
    {kTop, tags::kTotalPixelMatrixFocalPlanes, 1, When::Full},
    {kTop, tags::kSpecimenLabelInImage, 1},
    {kTop, tags::kFocusMethod, 1},
    {kTop, tags::kExtendedDepthOfField, 1},
    {kTop, tags::kNumberOfFocalPlanes, 1, When::DeepFocus},
    {kTop, tags::kDistanceBetweenFocalPlanes, 1, When::DeepFocus},
    {kTop, tags::kOpticalPathSequence, 1},
    {tags::kOpticalPathSequence, tags::kOpticalPathIdentifier, 1},
    {tags::kOpticalPathSequence, tags::kIlluminationTypeCodeSequence, 1},
    {kTop, tags::kSharedFunctionalGroupsSequence, 1},
    {kTop, tags::kSOPInstanceUIDOfConcatenationSource, 1, When::Concatenated},
    {kTop, tags::kInConcatenationNumber, 1, When::Concatenated},
    {kTop, tags::kConcatenationFrameOffsetNumber, 1, When::Concatenated},
    {kTop, tags::kRescaleIntercept, 1, When::Gray},
    {kTop, tags::kRescaleSlope, 1, When::Gray},
    {kTop, tags::kPresentationLUTShape, 1, When::Gray},
};

// Enumerated values, numbers as they are shown.
struct Enumerated {
  Tag tag;
  std::string_view values[3];
};
constexpr Enumerated kEnumerated[] = {
    {tags::kModality, {"SM"}},
    {tags::kVolumetricProperties, {"VOLUME"}},
    {tags::kPatientSex, {"M", "F", "O"}},
    {tags::kSamplesPerPixel, {"1", "3"}},
    {tags::kPixelRepresentation, {"0"}},
    {tags::kBurnedInAnnotation, {"YES", "NO"}},
    {tags::kFocusMethod, {"AUTO", "MANUAL"}},
    {tags::kExtendedDepthOfField, {"YES", "NO"}},
};

bool holds(const SlideView& s, When when) {
  switch (when) {
    case When::Always:
      break;
    case When::Full:
      return s.is_full();
    case When::NotFull:
      return !s.is_full();
    case When::Placed:
      return s.is_full() || s.attributes.has(tags::kPlanePositionSlideSequence, tags::kColumnPosition);
    case When::Volume:
      return s.flavor == "VOLUME";
    case When::DeepFocus:
      return s.attributes.text(kTop, tags::kExtendedDepthOfField) == "YES";
    case When::Gray:
      return s.attributes.text(kTop, tags::kPhotometricInterpretation) == "MONOCHROME2";
    case When::Concatenated:
      return s.attributes.has(kTop, tags::kConcatenationUID);
  }
  return true;
}

void require(const SlideView& s, const Required& row) {
  const SlideAttributes::Held* held = s.attributes.find(row.sequence, row.tag);
  const std::uint64_t items = row.sequence == kTop ? 1 : s.attributes.find(kTop, row.sequence)->items;
  const std::string where = row.sequence == kTop ? "" : " in " + name_of(row.sequence);
  const std::string type = "(type " + std::to_string(row.type) + ")";
  if (!held) {
    s.tell(Rule::Missing, row.tag, name_of(row.tag) + where + " is missing " + type, row.sequence);
  } else if (held->times < items) {
    s.tell(Rule::Missing, row.tag,
           name_of(row.tag) + where + " is missing from " + std::to_string(items - held->times) + " of " +
               std::to_string(items) + " items " + type,
           row.sequence);
  } else if (row.type == 1 && (held->empties > 0 || (held->vr == Vr::SQ && held->items == 0))) {
    s.tell(Rule::Empty, row.tag, name_of(row.tag) + where + " is empty (type 1)", row.sequence);
  }
}

void check_required(const SlideView& s) {
  for (const Required& row : kRequired) {
    if (holds(s, row.when) && (row.sequence == kTop || s.attributes.has(kTop, row.sequence))) {
      require(s, row);
    }
  }
}

// Each optical path has the colour of its light or its wavelength.
void check_illumination(const SlideView& s) {
  const SlideAttributes::Held* paths = s.attributes.find(kTop, tags::kOpticalPathSequence);
  std::uint64_t lit = 0;
  for (const Tag tag : {tags::kIlluminationColorCodeSequence, tags::kIlluminationWaveLength}) {
    const SlideAttributes::Held* held = s.attributes.find(tags::kOpticalPathSequence, tag);
    lit += held ? held->times : 0;
  }
  if (paths && lit < paths->items) {
    s.tell(Rule::Missing, tags::kIlluminationColorCodeSequence,
           "IlluminationColorCodeSequence and IlluminationWaveLength in OpticalPathSequence are both missing (type 1C)",
           tags::kOpticalPathSequence);
  }
}

void check_enumerated(const SlideView& s) {
  for (const Enumerated& row : kEnumerated) {
    const SlideAttributes::Held* held = s.attributes.find(kTop, row.tag);
    if (!held || held->length == 0) {
      continue;
    }
    const auto numbers = held->vr == Vr::US ? s.attributes.numbers(kTop, row.tag) : std::vector<double>();
    const std::string value = numbers.empty() ? s.attributes.text(kTop, row.tag) : shown(numbers.front());
    if (!value.empty() && std::find(std::begin(row.values), std::end(row.values), value) == std::end(row.values)) {
      std::string allowed;
      for (const std::string_view one : row.values) {
        allowed += one.empty() ? "" : (allowed.empty() ? "" : " or ") + std::string(one);
      }
      s.tell(Rule::Enumerated, row.tag, name_of(row.tag) + " is " + printable(value) + ", not " + allowed);
    }
  }
}

// Sequences that have one item.
void check_single_items(const SlideView& s) {
  constexpr std::pair<Tag, Tag> kOne[] = {{kTop, tags::kSharedFunctionalGroupsSequence},
                                          {kTop, tags::kTotalPixelMatrixOriginSequence}};
  for (const auto& [sequence, tag] : kOne) {
    const SlideAttributes::Held* held = s.attributes.find(sequence, tag);
    if (held && held->items > 1) {
      s.tell(Rule::Items, tag, name_of(tag) + " has " + std::to_string(held->items) + " items, not 1", sequence);
    }
  }
}

void check_image_type(const SlideView& s) {
  const auto type = s.attributes.texts(kTop, tags::kImageType);
  const auto is_one_of = [](const std::string& value, std::initializer_list<const char*> some) {
    return std::any_of(some.begin(), some.end(), [&](const char* one) { return value == one; });
  };
  const std::string text = printable(s.attributes.text(kTop, tags::kImageType));
  if (type.size() != 4) {
    s.tell(Rule::ImageType, tags::kImageType,
           "ImageType has " + std::to_string(type.size()) + " values, not 4: " + text);
  } else if (!is_one_of(type[0], {"ORIGINAL", "DERIVED"}) || type[1] != "PRIMARY" ||
             !is_one_of(type[2], {"VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL"}) ||
             !is_one_of(type[3], {"NONE", "RESAMPLED"})) {
    s.tell(Rule::ImageType, tags::kImageType, "ImageType is " + text);
  }
  const Tag sequence = tags::kWholeSlideMicroscopyImageFrameTypeSequence;
  const auto frame_type = s.attributes.texts(sequence, tags::kFrameType);
  if (frame_type.empty()) {
    s.tell(Rule::FrameType, tags::kFrameType, "FrameType is missing from the functional groups", sequence);
  } else if (frame_type != type) {
    s.tell(Rule::FrameType, tags::kFrameType,
           "FrameType is " + printable(s.attributes.text(sequence, tags::kFrameType)) + ", ImageType is " + text,
           sequence);
  }
  if (s.shows_label() && s.attributes.has(kTop, tags::kPyramidUID)) {
    s.tell(Rule::PyramidMember, tags::kPyramidUID, "a " + s.flavor + " has a PyramidUID");
  }
}

void check_optical_paths(const SlideView& s) {
  const SlideAttributes::Held* sequence = s.attributes.find(kTop, tags::kOpticalPathSequence);
  if (sequence && s.attributes.has(kTop, tags::kNumberOfOpticalPaths) &&
      static_cast<double>(sequence->items) != s.paths()) {
    s.tell(Rule::OpticalPaths, tags::kNumberOfOpticalPaths,
           "NumberOfOpticalPaths is " + shown(s.paths()) + ", OpticalPathSequence has " +
               std::to_string(sequence->items) + " items");
  }
}

void check_flags(const SlideView& s) {
  if (s.flavor.empty()) {
    return;
  }
  const std::string label = s.attributes.text(kTop, tags::kSpecimenLabelInImage);
  const std::string wanted = s.shows_label() ? "YES" : "NO";
  if (!label.empty() && label != wanted) {
    s.tell(Rule::LabelFlag, tags::kSpecimenLabelInImage,
           "SpecimenLabelInImage is " + printable(label) + " in a " + printable(s.flavor) + ", not " + wanted);
  }
}

void check_slide_label(const SlideView& s) {
  const bool text = s.attributes.has(kTop, tags::kLabelText);
  const bool barcode = s.attributes.has(kTop, tags::kBarcodeValue);
  if (text != barcode) {
    s.tell(Rule::SlideLabel, text ? tags::kLabelText : tags::kBarcodeValue,
           text ? "LabelText without BarcodeValue" : "BarcodeValue without LabelText");
  } else if (s.flavor == "LABEL" && !text) {
    s.tell(Rule::SlideLabel, tags::kLabelText, "a LABEL has neither LabelText nor BarcodeValue");
  }
}

}  // namespace

void check_attributes(const SlideView& s) {
  check_required(s);
  check_illumination(s);
  check_enumerated(s);
  check_single_items(s);
  check_image_type(s);
  check_optical_paths(s);
  check_flags(s);
  check_slide_label(s);
}

}  // namespace tessera::dicom
