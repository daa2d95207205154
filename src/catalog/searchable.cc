#include "catalog/searchable.h"

#include <array>

#include "dicom/tags.h"

namespace tessera::catalog {

namespace {

namespace tags = dicom::tags;

constexpr std::array kRows = {
    SearchableRow{tags::kStudyInstanceUID, Level::Study, MatchKind::Uid, "s.study_uid"},
    SearchableRow{tags::kPatientName, Level::Study, MatchKind::Name, "s.patient_name_normal", "s.patient_name_words"},
    SearchableRow{tags::kPatientID, Level::Study, MatchKind::Text, "s.patient_id_normal"},
    SearchableRow{tags::kPatientBirthDate, Level::Study, MatchKind::Range, "s.patient_birth_date"},
    SearchableRow{tags::kAccessionNumber, Level::Study, MatchKind::Text, "s.accession_number_normal"},
    SearchableRow{tags::kReferringPhysicianName, Level::Study, MatchKind::Name, "s.referring_normal",
                  "s.referring_words"},
    SearchableRow{tags::kStudyDate, Level::Study, MatchKind::Range, "s.study_date"},
    SearchableRow{tags::kStudyTime, Level::Study, MatchKind::Range, "s.study_time"},
    SearchableRow{tags::kStudyID, Level::Study, MatchKind::Text, "s.study_id_normal"},
    SearchableRow{tags::kStudyDescription, Level::Study, MatchKind::Text, "s.study_description_normal"},
    SearchableRow{tags::kModalitiesInStudy, Level::Study, MatchKind::Modalities, "m.modality_normal"},
    SearchableRow{tags::kSeriesInstanceUID, Level::Series, MatchKind::Uid, "r.series_uid"},
    SearchableRow{tags::kModality, Level::Series, MatchKind::Text, "r.modality_normal"},
    SearchableRow{tags::kSeriesNumber, Level::Series, MatchKind::Text, "r.series_number_normal"},
    SearchableRow{tags::kSeriesDescription, Level::Series, MatchKind::Text, "r.series_description_normal"},
    SearchableRow{tags::kPerformedProcedureStepStartDate, Level::Series, MatchKind::Range, "r.performed_start_date"},
    SearchableRow{tags::kManufacturerModelName, Level::Series, MatchKind::Text, "r.manufacturer_model_normal"},
    SearchableRow{tags::kSOPInstanceUID, Level::Instance, MatchKind::Uid, "i.sop_uid"},
    SearchableRow{tags::kSOPClassUID, Level::Instance, MatchKind::Uid, "i.sop_class"},
    SearchableRow{tags::kInstanceNumber, Level::Instance, MatchKind::Text, "i.instance_number_normal"},
};

}  // namespace

const SearchableRow* find_searchable(dicom::Tag tag, Level level) {
  for (const SearchableRow& row : kRows) {
    if (row.tag == tag) {
      return row.level <= level ? &row : nullptr;
    }
  }
  return nullptr;
}

bool Instances::searchable(dicom::Tag tag, Level level) {
  return find_searchable(tag, level) != nullptr;
}

}  // namespace tessera::catalog
