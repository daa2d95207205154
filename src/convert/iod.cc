#include "convert/iod.h"

#include <algorithm>
#include <cmath>

#include "convert/coded.h"
#include "convert/color_profile.h"
#include "convert/staining.h"
#include "convert/text.h"
#include "dicom/tags.h"

namespace tessera::convert {

namespace {

namespace tags = dicom::tags;
using dicom::DataSet;
using dicom::Tag;
using dicom::Vr;

// Tags used here only.
constexpr Tag kImageComments{0x00204000};

constexpr double kThicknessMm = 0.001;

constexpr Concept kMicroscopeSlide{"433466003", "SCT", "Microscope slide"};
constexpr Concept kBrightfield{"111744", "DCM", "Brightfield illumination"};
constexpr Concept kFullSpectrum{"414298005", "SCT", "Full Spectrum"};
constexpr Concept kModifyingEquipment{"109103", "DCM", "Modifying Equipment"};

void code_sequence(DataSet& set, Tag tag, const Concept& code) {
  set.sequence(tag, {code_item(code)});
}

std::string or_unknown(const std::string& text) {
  const std::string value = mended(text, 64);
  return value.empty() ? "UNKNOWN" : value;
}

// ImageType and what hangs on it (PS3.3 C.8.12.4.1.1), one row per slide::ImageFlavor.
struct FlavorRow {
  slide::ImageFlavor flavor;
  const char* origin;   // value 1
  const char* term;     // value 3
  const char* derived;  // value 4
  const char* label;    // SpecimenLabelInImage, and BurnedInAnnotation with it
};
constexpr FlavorRow kLevelZero{slide::ImageFlavor::Volume, "ORIGINAL", "VOLUME", "NONE", "NO"};
constexpr FlavorRow kFlavors[] = {
    {slide::ImageFlavor::Volume, "DERIVED", "VOLUME", "RESAMPLED", "NO"},
    {slide::ImageFlavor::Thumbnail, "DERIVED", "THUMBNAIL", "RESAMPLED", "NO"},
    {slide::ImageFlavor::Label, "ORIGINAL", "LABEL", "NONE", "YES"},
    {slide::ImageFlavor::Overview, "ORIGINAL", "OVERVIEW", "NONE", "YES"},
};

const FlavorRow& flavor_row(const InstanceFacts& f) {
  return f.image == 0 ? kLevelZero : kFlavors[static_cast<std::size_t>(f.shown().flavor)];
}

bool shows_label(const InstanceFacts& f) {
  return std::string_view(flavor_row(f).label) == "YES";
}

std::vector<std::string> image_type(const InstanceFacts& f) {
  const FlavorRow& row = flavor_row(f);
  return {row.origin, "PRIMARY", row.term, row.derived};
}

// The levels are one pyramid; a thumbnail belongs to it where it is its apex.
bool in_pyramid(const InstanceFacts& f) {
  const slide::Image& shown = f.shown();
  if (shown.flavor != slide::ImageFlavor::Thumbnail) {
    return shown.is_level();
  }
  const auto& images = f.source.images();
  return std::all_of(images.begin(), images.end(), [&](const slide::Image& image) {
    return !image.is_level() || (image.width > shown.width && image.height > shown.height);
  });
}

void put_patient_and_study(const InstanceFacts& f, const Acquired& acquired, DataSet& set) {
  const Labels& l = f.options.labels;
  set.text(tags::kPatientName, Vr::PN, l.patient_name);
  set.text(tags::kPatientID, Vr::LO, l.patient_id);
  set.text(tags::kPatientBirthDate, Vr::DA, l.patient_birth_date);
  set.text(tags::kPatientSex, Vr::CS, l.patient_sex);
  // A study that holds several slides has one date, which none of them knows.
  const bool own_study = l.study_uid.empty() && case_key(l).empty() && acquired.known;
  const bool dated = !l.study_date.empty();
  set.text(tags::kStudyInstanceUID, Vr::UI, f.identity.study);
  set.text(tags::kStudyDate, Vr::DA, dated ? l.study_date : own_study ? acquired.date : "");
  set.text(tags::kStudyTime, Vr::TM, own_study && !dated ? acquired.time : "");
  set.empty(tags::kReferringPhysicianName, Vr::PN);
  set.text(tags::kStudyID, Vr::SH, l.study_id);
  set.text(tags::kAccessionNumber, Vr::SH, l.accession_number);
  if (!l.study_description.empty()) {
    set.text(tags::kStudyDescription, Vr::LO, l.study_description);
  }
}

void put_series_and_equipment(const InstanceFacts& f, DataSet& set) {
  const slide::SlideFacts& facts = f.source.facts();
  set.text(tags::kModality, Vr::CS, "SM");
  set.text(tags::kSeriesInstanceUID, Vr::UI, f.identity.series);
  set.text(tags::kSeriesNumber, Vr::IS, "1");
  set.text(tags::kFrameOfReferenceUID, Vr::UI, f.identity.frame_of_reference);
  set.text(tags::kPositionReferenceIndicator, Vr::LO, "SLIDE_CORNER");
  set.text(tags::kManufacturer, Vr::LO, or_unknown(facts.manufacturer));
  set.text(tags::kManufacturerModelName, Vr::LO, or_unknown(facts.model));
  set.text(tags::kDeviceSerialNumber, Vr::LO, or_unknown(facts.serial));
  set.text(tags::kSoftwareVersions, Vr::LO, or_unknown(facts.software));
  DataSet converter;
  converter.text(tags::kManufacturer, Vr::LO, "Tessera");
  converter.text(tags::kManufacturerModelName, Vr::LO, "Tessera slide converter");
  converter.text(tags::kSoftwareVersions, Vr::LO, kRevision);
  converter.text(tags::kContributionDescription, Vr::ST,
                 "Converted from " + mended(facts.format, 64) + "; " +
                     (f.shown().handling.empty() ? "compressed tiles copied without change" : f.shown().handling));
  code_sequence(converter, tags::kPurposeOfReferenceCodeSequence, kModifyingEquipment);
  set.sequence(tags::kContributingEquipmentSequence, {std::move(converter)});
}

std::string comments(const InstanceFacts& f, const Acquired& acquired) {
  const slide::SlideFacts& facts = f.source.facts();
  std::string text;
  const auto say = [&](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence + "."; };
  if (!acquired.known) {
    say("The source states no acquisition time; 1900-01-01 stands for unknown");
  }
  if (f.options.mm_per_pixel > 0 && !shows_label(f)) {
    say("PixelSpacing was stated by the operator, not by the source");
  }
  if (geometry_of(f.source.images(), f.image, f.base_spacing).estimated) {
    say(f.shown().flavor == slide::ImageFlavor::Label
            ? "PixelSpacing is an estimate: the longer side taken as 25 mm, the width of a slide"
            : "PixelSpacing is an estimate: the longer side taken as 75 mm, the length of a slide");
  }
  for (const auto& [key, value] : facts.properties) {
    if (key == "missing tiles" && f.shown().is_level()) {
      say("Missing tiles: " + mended(value, 200));
    }
  }
  return text;
}

void put_image(const InstanceFacts& f, const Acquired& acquired, DataSet& set) {
  set.text(tags::kSpecificCharacterSet, Vr::CS, "ISO_IR 192");
  set.text(tags::kSOPClassUID, Vr::UI, kSlideImageSopClass);
  set.text(tags::kSOPInstanceUID, Vr::UI, f.identity.instance(f.source, f.image));
  set.text(tags::kAcquisitionUID, Vr::UI, f.identity.acquisition);
  if (in_pyramid(f)) {
    set.text(tags::kPyramidUID, Vr::UI, f.identity.pyramid);
  }
  set.texts(tags::kImageType, Vr::CS, image_type(f));
  set.text(tags::kInstanceNumber, Vr::IS, std::to_string(f.image + 1));
  set.text(tags::kContentDate, Vr::DA, acquired.date);
  set.text(tags::kContentTime, Vr::TM, acquired.time.empty() ? "000000" : acquired.time);
  set.text(tags::kAcquisitionDateTime, Vr::DT, acquired.date + acquired.time + acquired.zone);
  if (!acquired.zone.empty()) {
    set.text(tags::kTimezoneOffsetFromUTC, Vr::SH, acquired.zone);
  }
  set.text(tags::kVolumetricProperties, Vr::CS, "VOLUME");
  set.text(tags::kBurnedInAnnotation, Vr::CS, flavor_row(f).label);
  set.text(tags::kSpecimenLabelInImage, Vr::CS, flavor_row(f).label);
  set.text(tags::kFocusMethod, Vr::CS, "AUTO");
  set.text(tags::kExtendedDepthOfField, Vr::CS, "NO");
  set.sequence(tags::kAcquisitionContextSequence, {});
  if (const std::string text = comments(f, acquired); !text.empty()) {
    set.text(kImageComments, Vr::LT, text);
  }
}

void put_pixels(const InstanceFacts& f, DataSet& set) {
  const slide::Image& shown = f.shown();
  const slide::TileCoding& coding = shown.coding;
  set.u16(tags::kSamplesPerPixel, coding.samples_per_pixel);
  set.text(tags::kPhotometricInterpretation, Vr::CS, coding.photometric);
  if (coding.samples_per_pixel > 1) {
    set.u16(tags::kPlanarConfiguration, 0);
  } else {
    set.text(tags::kPresentationLUTShape, Vr::CS, "IDENTITY");
    set.text(tags::kRescaleIntercept, Vr::DS, "0");
    set.text(tags::kRescaleSlope, Vr::DS, "1");
  }
  set.text(tags::kNumberOfFrames, Vr::IS, std::to_string(f.layout.frames));
  set.u16(tags::kRows, static_cast<std::uint16_t>(shown.tile_height));
  set.u16(tags::kColumns, static_cast<std::uint16_t>(shown.tile_width));
  set.u16(tags::kBitsAllocated, coding.bits);
  set.u16(tags::kBitsStored, coding.bits);
  set.u16(tags::kHighBit, static_cast<std::uint16_t>(coding.bits - 1));
  set.u16(tags::kPixelRepresentation, 0);
  set.text(tags::kLossyImageCompression, Vr::CS, coding.lossy_method.empty() ? "00" : "01");
  if (!coding.lossy_method.empty()) {
    const double raw =
        static_cast<double>(shown.width) * shown.height * coding.samples_per_pixel * ((coding.bits + 7) / 8);
    const double ratio = raw / static_cast<double>(coding.lossy_bytes > 0 ? coding.lossy_bytes : f.layout.payload);
    set.text(tags::kLossyImageCompressionRatio, Vr::DS,
             dicom::format_ds(ratio < 0.005 ? ratio : std::round(ratio * 100) / 100));
    set.text(tags::kLossyImageCompressionMethod, Vr::CS, coding.lossy_method);
  }
}

// Where pixel (1,1) lies on the slide and which way rows and columns run: the canonical corner, since the
// source does not say (wsi-dicom 1d).
struct Placement {
  int rotation;
  const char* x;
  const char* y;
  const char* orientation;
};
constexpr Placement kPlacements[] = {
    {0, "0", "0", "1\\0\\0\\0\\1\\0"},
    {90, "25", "0", "0\\1\\0\\-1\\0\\0"},
    {180, "25", "50", "-1\\0\\0\\0\\-1\\0"},
    {270, "0", "50", "0\\-1\\0\\1\\0\\0"},
};

const Placement& placement_of(int rotation) {
  const auto found = std::find_if(std::begin(kPlacements), std::end(kPlacements),
                                  [&](const auto& p) { return p.rotation == rotation; });
  return found == std::end(kPlacements) ? kPlacements[0] : *found;
}

void put_matrix(const InstanceFacts& f, DataSet& set) {
  const Geometry geometry = geometry_of(f.source.images(), f.image, f.base_spacing);
  set.f32(tags::kImagedVolumeWidth, {static_cast<float>(geometry.width_mm)});
  set.f32(tags::kImagedVolumeHeight, {static_cast<float>(geometry.height_mm)});
  set.f32(tags::kImagedVolumeDepth, {static_cast<float>(kThicknessMm * 1000)});  // micrometres
  set.u32(tags::kTotalPixelMatrixColumns, f.shown().width);
  set.u32(tags::kTotalPixelMatrixRows, f.shown().height);
  set.u32(tags::kTotalPixelMatrixFocalPlanes, 1);
  set.u32(tags::kNumberOfOpticalPaths, 1);
  const Placement& placement = placement_of(f.source.facts().rotation);
  DataSet origin;
  origin.text(tags::kXOffsetInSlideCoordinateSystem, Vr::DS, placement.x);
  origin.text(tags::kYOffsetInSlideCoordinateSystem, Vr::DS, placement.y);
  set.sequence(tags::kTotalPixelMatrixOriginSequence, {std::move(origin)});
  set.text(tags::kImageOrientationSlide, Vr::DS, placement.orientation);
  DataSet organization;
  organization.text(tags::kDimensionOrganizationUID, Vr::UI, f.identity.dimension_organization);
  set.sequence(tags::kDimensionOrganizationSequence, {std::move(organization)});
  set.text(tags::kDimensionOrganizationType, Vr::CS, "TILED_FULL");
}

void put_specimen(const InstanceFacts& f, DataSet& set) {
  set.text(tags::kContainerIdentifier, Vr::LO, f.identity.container_id);
  set.sequence(tags::kIssuerOfTheContainerIdentifierSequence, {});
  code_sequence(set, tags::kContainerTypeCodeSequence, kMicroscopeSlide);
  DataSet specimen;
  specimen.text(tags::kSpecimenIdentifier, Vr::LO, f.identity.specimen_id);
  specimen.text(tags::kSpecimenUID, Vr::UI, f.identity.specimen);
  specimen.sequence(tags::kIssuerOfTheSpecimenIdentifierSequence, {});
  specimen.sequence(tags::kSpecimenPreparationSequence, staining_steps(f.identity.specimen_id, f.options.labels.stain));
  set.sequence(tags::kSpecimenDescriptionSequence, {std::move(specimen)});
  const std::string barcode = mended(f.source.facts().barcode, 1024);
  if (!barcode.empty() || shows_label(f)) {
    set.empty(tags::kLabelText, Vr::UT);  // both or neither (Slide Label module)
    set.text(tags::kBarcodeValue, Vr::LT, barcode);
  }
}

void put_optical_path(const InstanceFacts& f, DataSet& set) {
  const slide::SlideFacts& facts = f.source.facts();
  const slide::Image& shown = f.shown();
  DataSet path;
  path.text(tags::kOpticalPathIdentifier, Vr::SH, "1");
  code_sequence(path, tags::kIlluminationTypeCodeSequence, kBrightfield);
  code_sequence(path, tags::kIlluminationColorCodeSequence, kFullSpectrum);
  if (shown.coding.samples_per_pixel > 1) {
    // The scanner's profile is its main camera's: it holds for what derives from the levels, not for the label's.
    const bool own = shows_label(f) || !shown.icc_profile.empty();
    const ColorProfile profile = rgb_profile(own ? shown.icc_profile : facts.icc_profile);
    path.bytes(tags::kICCProfile, Vr::OB, as_bytes(profile.bytes));
    if (profile.is_srgb) {
      path.text(tags::kColorSpace, Vr::CS, "SRGB");
    }
  }
  if (facts.objective_power && !shows_label(f)) {
    path.text(tags::kObjectiveLensPower, Vr::DS, dicom::format_ds(*facts.objective_power));
  }
  set.sequence(tags::kOpticalPathSequence, {std::move(path)});
}

void put_functional_groups(const InstanceFacts& f, DataSet& set) {
  const Spacing spacing = geometry_of(f.source.images(), f.image, f.base_spacing).spacing;
  DataSet measures;
  measures.texts(tags::kPixelSpacing, Vr::DS, {dicom::format_ds(spacing.y), dicom::format_ds(spacing.x)});
  measures.text(tags::kSliceThickness, Vr::DS, dicom::format_ds(kThicknessMm));
  DataSet type;
  type.texts(tags::kFrameType, Vr::CS, image_type(f));
  DataSet shared;
  shared.sequence(tags::kPixelMeasuresSequence, {std::move(measures)});
  shared.sequence(tags::kWholeSlideMicroscopyImageFrameTypeSequence, {std::move(type)});
  set.sequence(tags::kSharedFunctionalGroupsSequence, {std::move(shared)});
}

}  // namespace

Acquired acquired_of(const std::string& dt) {
  if (dt.size() < 8) {
    return {"19000101", "", "", false};
  }
  const std::size_t zone = std::min(dt.find_first_of("+-"), dt.size());
  return {dt.substr(0, 8), dt.substr(8, zone - 8), dt.substr(zone), true};
}

DataSet slide_image_data_set(const InstanceFacts& facts) {
  const Acquired acquired = acquired_of(facts.source.facts().acquired);
  DataSet set;
  put_image(facts, acquired, set);
  put_patient_and_study(facts, acquired, set);
  put_series_and_equipment(facts, set);
  put_pixels(facts, set);
  put_matrix(facts, set);
  put_specimen(facts, set);
  put_optical_path(facts, set);
  put_functional_groups(facts, set);
  return set;
}

}  // namespace tessera::convert
