#include "catalog/searchable.h"

#include <algorithm>

namespace tessera::catalog {

namespace {

using enum MatchKind;
constexpr Level kStudy = Level::Study;
constexpr Level kSeries = Level::Series;
constexpr Level kInstance = Level::Instance;

constexpr KeyId kModality = 101;

// What a row of the table says beside its number, level, kind and path.
enum Flag : unsigned {
  kCore = 1,  // SearchKey::core
  kOld = 2,   // every catalog has it: generation 0
};

constexpr SearchKey key(KeyId id, Level level, MatchKind kind, TagPath path, unsigned flags = 0, KeyId words = 0) {
  return {.id = id,
          .level = level,
          .kind = kind,
          .path = path,
          .words = words,
          .column = {},
          .core = (flags & kCore) != 0,
          .generation = (flags & kOld) != 0 ? 0 : 1};
}

// A UID that the row itself holds.
constexpr SearchKey column(KeyId id, Level level, TagPath path, std::string_view name, unsigned flags) {
  SearchKey row = key(id, level, Uid, path, flags);
  row.column = name;
  return row;
}

// clang-format off
constexpr std::array kKeys = {
    column(10, kStudy, {0x0020000D}, "study_uid", kCore | kOld),  // StudyInstanceUID
    key(kModality, kStudy, Modalities, {0x00080061}, kCore | kOld),  // ModalitiesInStudy
    key(1, kStudy, Name, {0x00100010}, kCore | kOld, 2),  // PatientName
    key(3, kStudy, Text, {0x00100020}, kCore | kOld),  // PatientID
    key(4, kStudy, Date, {0x00100030}, kCore | kOld),  // PatientBirthDate
    key(5, kStudy, Text, {0x00080050}, kCore | kOld),  // AccessionNumber
    key(6, kStudy, Name, {0x00080090}, kCore | kOld, 7),  // ReferringPhysicianName
    key(8, kStudy, Date, {0x00080020}, kCore | kOld),  // StudyDate
    key(9, kStudy, Time, {0x00080030}, kOld),  // StudyTime
    key(11, kStudy, Text, {0x00200010}, kOld),  // StudyID
    key(12, kStudy, Text, {0x00081030}, kCore | kOld),  // StudyDescription
    key(13, kStudy, Text, {0x00100040}),  // PatientSex

    column(100, kSeries, {0x0020000E}, "series_uid", kCore | kOld),  // SeriesInstanceUID
    key(kModality, kSeries, Text, {0x00080060}, kCore | kOld),  // Modality
    key(102, kSeries, Number, {0x00200011}, kOld),  // SeriesNumber
    key(103, kSeries, Text, {0x0008103E}, kOld),  // SeriesDescription
    key(104, kSeries, Date, {0x00400244}, kCore | kOld),  // PerformedProcedureStepStartDate
    key(105, kSeries, Text, {0x00081090}, kCore | kOld),  // ManufacturerModelName
    key(106, kSeries, Time, {0x00400245}),  // PerformedProcedureStepStartTime
    key(107, kSeries, Text, {0x00080070}),  // Manufacturer
    key(108, kSeries, Text, {0x00181000}),  // DeviceSerialNumber
    key(109, kSeries, Date, {0x00080021}),  // SeriesDate
    key(110, kSeries, Time, {0x00080031}),  // SeriesTime
    key(111, kSeries, Text, {0x00200060}),  // Laterality
    key(112, kSeries, Text, {0x00181030}),  // ProtocolName
    key(113, kSeries, Text, {0x00180015}),  // BodyPartExamined
    key(114, kSeries, Uid, {0x00200052}),  // FrameOfReferenceUID
    key(115, kSeries, Text, {0x00400275, 0x00400009}),  // RequestAttributesSequence.ScheduledProcedureStepID
    key(116, kSeries, Text, {0x00400275, 0x00401001}),  // RequestAttributesSequence.RequestedProcedureID
    key(117, kSeries, Text, {0x00400275, 0x00080050}),  // RequestAttributesSequence.AccessionNumber

    column(200, kInstance, {0x00080018}, "sop_uid", kCore | kOld),  // SOPInstanceUID
    column(201, kInstance, {0x00080016}, "sop_class", kOld),  // SOPClassUID
    column(202, kInstance, {0x00083002}, "transfer_syntax", kOld),  // AvailableTransferSyntaxUID
    key(203, kInstance, Number, {0x00200013}, kOld),  // InstanceNumber
    key(204, kInstance, Date, {0x00080023}),  // ContentDate
    key(205, kInstance, Time, {0x00080033}),  // ContentTime
    key(206, kInstance, DateTime, {0x0008002A}),  // AcquisitionDateTime
    key(207, kInstance, Positions, {0x00080008}),  // ImageType
    key(208, kInstance, Uid, {0x00080019}),  // PyramidUID
    key(209, kInstance, Number, {0x00280008}),  // NumberOfFrames
    key(210, kInstance, Number, {0x00280010}),  // Rows
    key(211, kInstance, Number, {0x00280011}),  // Columns
    key(212, kInstance, Number, {0x00480006}),  // TotalPixelMatrixColumns
    key(213, kInstance, Number, {0x00480007}),  // TotalPixelMatrixRows
    key(214, kInstance, Number, {0x00280030}),  // PixelSpacing
    key(215, kInstance, Number, {0x00480105, 0x00480112}),  // OpticalPathSequence.ObjectiveLensPower
    key(216, kInstance, Text, {0x00400512}),  // ContainerIdentifier
    key(217, kInstance, Text, {0x22000005}),  // BarcodeValue
    key(218, kInstance, Text, {0x22000002}),  // LabelText
    key(219, kInstance, Text, {0x0040E001}),  // HL7InstanceIdentifier
    key(220, kInstance, Text, {0x00400560, 0x00400551}),  // SpecimenDescriptionSequence.SpecimenIdentifier
    key(221, kInstance, Uid, {0x00400560, 0x00400554}),  // SpecimenDescriptionSequence.SpecimenUID
    key(222, kInstance, Text, {0x00400560, 0x00400600}),  // SpecimenDescriptionSequence.SpecimenShortDescription
    key(223, kInstance, Text, {0x00400560, 0x0040059A, 0x00080100}),  // …SpecimenTypeCodeSequence.CodeValue
    key(224, kInstance, Text, {0x00400560, 0x00400610, 0x00400612, 0x0040A168, 0x00080100}),  // stains: …CodeValue
    key(225, kInstance, Text, {0x00400560, 0x00400610, 0x00400612, 0x0040A168, 0x00080104}),  // …CodeMeaning
    key(226, kInstance, Text, {0x00400560, 0x00400610, 0x00400612, 0x0040A160}),  // …TextValue
    key(227, kInstance, Text, {0x00082228, 0x00080100}),  // PrimaryAnatomicStructureSequence.CodeValue
    key(228, kInstance, Text, {0x00082228, 0x00080104}),  // PrimaryAnatomicStructureSequence.CodeMeaning
    key(229, kInstance, Text, {0x00082218, 0x00080100}),  // AnatomicRegionSequence.CodeValue
    key(230, kInstance, Text, {0x00082218, 0x00080104}),  // AnatomicRegionSequence.CodeMeaning
};
// clang-format on

// Where else a key is found, and by which other names it may be asked for.
struct OtherPath {
  TagPath path;
  KeyId key;
};
constexpr std::array kOtherPaths = {
    OtherPath{{0x00020010}, 202},                          // TransferSyntaxUID
    OtherPath{{0x52009229, 0x00289110, 0x00280030}, 214},  // SharedFunctionalGroupsSequence.PixelMeasuresSequence
    OtherPath{{0x00480112}, 215},                          // ObjectiveLensPower
    OtherPath{{0x00400551}, 220},                          // SpecimenIdentifier
    OtherPath{{0x00400554}, 221},                          // SpecimenUID
    OtherPath{{0x00400600}, 222},                          // SpecimenShortDescription
    OtherPath{{0x00400560, 0x00082228, 0x00080100}, 227},  // SpecimenDescriptionSequence.PrimaryAnatomicStructure…
    OtherPath{{0x00400560, 0x00082228, 0x00080104}, 228},
};

bool begins_with(std::span<const dicom::Tag> path, std::span<const dicom::Tag> start) {
  return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

bool equals(std::span<const dicom::Tag> path, std::span<const dicom::Tag> other) {
  return path.size() == other.size() && begins_with(path, other);
}

}  // namespace

std::string TagPath::text() const {
  std::string out;
  for (const dicom::Tag tag : tags()) {
    out += (out.empty() ? "" : ".") + tag.hex();
  }
  return out;
}

std::span<const SearchKey> search_keys() {
  return kKeys;
}

const SearchKey* find_key(std::span<const dicom::Tag> path) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [path](const SearchKey& key) { return equals(key.path.tags(), path); });
  if (found != kKeys.end()) {
    return &*found;
  }
  const auto other = std::find_if(kOtherPaths.begin(), kOtherPaths.end(),
                                  [path](const OtherPath& row) { return equals(row.path.tags(), path); });
  if (other == kOtherPaths.end()) {
    return nullptr;
  }
  return &*std::find_if(kKeys.begin(), kKeys.end(), [other](const SearchKey& key) { return key.id == other->key; });
}

const SearchKey* find_key(dicom::Tag tag) {
  return find_key({&tag, 1});
}

bool leads_to_key(std::span<const dicom::Tag> path) {
  const auto leads = [path](const auto& row) { return begins_with(row.path.tags(), path); };
  return std::any_of(kKeys.begin(), kKeys.end(), leads) || std::any_of(kOtherPaths.begin(), kOtherPaths.end(), leads);
}

}  // namespace tessera::catalog
