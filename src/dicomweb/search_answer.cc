#include "dicomweb/search_answer.h"

#include <algorithm>
#include <array>

#include "archive/attributes.h"
#include "archive/metadata.h"
#include "dicom/charset.h"
#include "dicom/json.h"
#include "dicom/tags.h"

namespace tessera::dicomweb {

namespace {

using catalog::Level;
using catalog::SearchRow;
using dicom::Elements;
using dicom::Tag;
using dicom::Vr;
namespace tags = dicom::tags;

// Who returns an attribute without being asked.
enum Default : unsigned { kV1 = 1, kV2 = 2, kStandard = 4, kEverywhere = 7 };

struct DefaultRow {
  Tag tag;
  Level level;
  unsigned profiles;
};

constexpr std::array kDefaults = {
    DefaultRow{tags::kSpecificCharacterSet, Level::Instance, kV1 | kStandard},
    DefaultRow{tags::kStudyDate, Level::Study, kEverywhere},
    DefaultRow{tags::kStudyTime, Level::Study, kV1 | kStandard},
    DefaultRow{tags::kAccessionNumber, Level::Study, kEverywhere},
    DefaultRow{tags::kStudyDescription, Level::Study, kV2 | kStandard},
    DefaultRow{tags::kReferringPhysicianName, Level::Study, kEverywhere},
    DefaultRow{tags::kTimezoneOffsetFromUTC, Level::Study, kV1 | kStandard},
    DefaultRow{tags::kPatientName, Level::Study, kEverywhere},
    DefaultRow{tags::kPatientID, Level::Study, kEverywhere},
    DefaultRow{tags::kPatientBirthDate, Level::Study, kEverywhere},
    DefaultRow{tags::kPatientSex, Level::Study, kV1 | kStandard},
    DefaultRow{tags::kStudyInstanceUID, Level::Study, kEverywhere},
    DefaultRow{tags::kStudyID, Level::Study, kV1 | kStandard},
    DefaultRow{tags::kModality, Level::Series, kEverywhere},
    DefaultRow{tags::kManufacturerModelName, Level::Series, kV2 | kStandard},
    DefaultRow{tags::kSeriesDescription, Level::Series, kV1 | kStandard},
    DefaultRow{tags::kSeriesInstanceUID, Level::Series, kEverywhere},
    DefaultRow{tags::kSeriesNumber, Level::Series, kStandard},
    DefaultRow{tags::kPerformedProcedureStepStartDate, Level::Series, kEverywhere},
    DefaultRow{tags::kPerformedProcedureStepStartTime, Level::Series, kV1 | kStandard},
    DefaultRow{tags::kRequestAttributesSequence, Level::Series, kV1 | kStandard},
    DefaultRow{tags::kSOPClassUID, Level::Instance, kV1 | kStandard},
    DefaultRow{tags::kSOPInstanceUID, Level::Instance, kEverywhere},
    DefaultRow{tags::kInstanceNumber, Level::Instance, kV1 | kStandard},
    DefaultRow{tags::kRows, Level::Instance, kV1 | kStandard},
    DefaultRow{tags::kColumns, Level::Instance, kV1 | kStandard},
    DefaultRow{tags::kBitsAllocated, Level::Instance, kV1 | kStandard},
    DefaultRow{tags::kNumberOfFrames, Level::Instance, kV1 | kStandard},
};

// What is worked out rather than stored; returned by default where its level is shown.
constexpr std::array kComputed = {
    DefaultRow{tags::kSpecificCharacterSet, Level::Study, kV1 | kStandard},
    DefaultRow{tags::kSpecificCharacterSet, Level::Series, kV1},
    DefaultRow{tags::kSpecificCharacterSet, Level::Instance, kV1},
    DefaultRow{tags::kInstanceAvailability, Level::Study, kV1 | kStandard},
    DefaultRow{tags::kInstanceAvailability, Level::Instance, kV1},
    DefaultRow{tags::kRetrieveURL, Level::Study, kStandard},
    DefaultRow{tags::kModalitiesInStudy, Level::Study, kStandard},
    DefaultRow{tags::kNumberOfStudyRelatedSeries, Level::Study, kStandard},
    DefaultRow{tags::kNumberOfStudyRelatedInstances, Level::Study, kStandard},
    DefaultRow{tags::kNumberOfSeriesRelatedInstances, Level::Series, kStandard},
    DefaultRow{tags::kAvailableTransferSyntaxUID, Level::Instance, 0},
    DefaultRow{tags::kTransferSyntaxUID, Level::Instance, 0},
};

unsigned profile_bit(Profile profile) {
  switch (profile) {
    case Profile::V1:
      return kV1;
    case Profile::V2:
      return kV2;
    case Profile::Standard:
      break;
  }
  return kStandard;
}

template <std::size_t N>
const DefaultRow* find_row(const std::array<DefaultRow, N>& rows, Tag tag) {
  const auto found = std::find_if(rows.begin(), rows.end(), [tag](const DefaultRow& row) { return row.tag == tag; });
  return found == rows.end() ? nullptr : &*found;
}

bool asked_for(const Search& search, Tag tag) {
  return std::find(search.include.begin(), search.include.end(), tag) != search.include.end();
}

// A path that names the study does not repeat it in every row of the contract's profiles; the standard one does.
bool level_shown(const Search& search, Level level, Profile profile) {
  if (profile == Profile::Standard || search.include_all || level == search.query.level) {
    return level <= search.query.level;
  }
  if (level > search.query.level) {
    return false;
  }
  return level == Level::Study ? search.query.study.empty() : search.query.series.empty();
}

bool wanted(const Search& search, Tag tag, Profile profile) {
  if (asked_for(search, tag)) {
    return true;
  }
  const Level level = archive::attribute_level(tag);
  if (search.include_all) {
    return level <= search.query.level;
  }
  const DefaultRow* row = find_row(kDefaults, tag);
  // The zone is the study's, and the contract's v1 tells it at every level.
  const bool shown =
      tag == tags::kTimezoneOffsetFromUTC || (row != nullptr && level_shown(search, row->level, profile));
  return row != nullptr && (row->profiles & profile_bit(profile)) != 0 && shown;
}

std::vector<std::string_view> headers(const SearchRow& row) {
  return {row.study_header, row.series_header, row.instance_header};
}

Status add_stored(const Search& search, const SearchRow& row, Profile profile, Elements& out) {
  for (const std::string_view header : headers(row)) {
    if (header.empty()) {
      continue;
    }
    TRY_ASSIGN(const auto members, dicom::split_members(header));
    for (const auto& [tag, json] : members) {
      if (wanted(search, tag, profile) && !out.has(tag)) {
        out.raw(tag, std::string(json));
      }
    }
  }
  return {};
}

std::string retrieve_url(const Search& search, const SearchRow& row, std::string_view base_url) {
  std::string url = std::string(base_url) + "/studies/" + row.key.study;
  if (search.query.level >= Level::Series) {
    url += "/series/" + row.key.series;
  }
  if (search.query.level == Level::Instance) {
    url += "/instances/" + row.key.sop;
  }
  return url;
}

void add_value(const Search& search, const SearchRow& row, std::string_view base_url, Tag tag, Elements& out) {
  if (tag == tags::kSpecificCharacterSet && !out.has(tag)) {
    out.text(tag, Vr::CS, "ISO_IR 192");  // a JSON answer's, where no instance's own is told
  } else if (tag == tags::kInstanceAvailability) {
    out.text(tag, Vr::CS, "ONLINE");
  } else if (tag == tags::kRetrieveURL) {
    out.text(tag, Vr::UR, retrieve_url(search, row, base_url));
  } else if (tag == tags::kModalitiesInStudy) {
    out.texts(tag, Vr::CS, dicom::split_values(row.modalities, Vr::CS));
  } else if (tag == tags::kNumberOfStudyRelatedSeries) {
    out.number(tag, Vr::IS, row.study_series);
  } else if (tag == tags::kNumberOfStudyRelatedInstances) {
    out.number(tag, Vr::IS, row.study_instances);
  } else if (tag == tags::kNumberOfSeriesRelatedInstances) {
    out.number(tag, Vr::IS, row.series_instances);
  } else if (tag == tags::kAvailableTransferSyntaxUID || tag == tags::kTransferSyntaxUID) {
    out.texts(tag, Vr::UI, dicom::split_values(row.transfer_syntaxes, Vr::UI));
  }
}

void add_computed(const Search& search, const SearchRow& row, Profile profile, std::string_view base_url,
                  Elements& out) {
  for (const DefaultRow& computed : kComputed) {
    const bool by_default =
        (computed.profiles & profile_bit(profile)) != 0 && level_shown(search, computed.level, profile);
    const bool possible = computed.level <= search.query.level || computed.tag == tags::kAvailableTransferSyntaxUID;
    if (possible && (by_default || search.include_all || asked_for(search, computed.tag))) {
      add_value(search, row, base_url, computed.tag, out);
    }
  }
}

}  // namespace

std::vector<Tag> missing_attributes(const Search& search, const SearchRow& row) {
  std::vector<Tag> missing;
  if (search.query.level != Level::Instance) {
    return missing;
  }
  for (const Tag tag : search.include) {
    const std::string name = "\"" + tag.hex() + "\"";
    bool held = find_row(kComputed, tag) != nullptr;
    for (const std::string_view header : headers(row)) {
      held = held || header.find(name) != std::string_view::npos;
    }
    if (!held) {
      missing.push_back(tag);
    }
  }
  return missing;
}

Result<std::string> answer_row(const Search& search, const SearchRow& row, Profile profile, std::string_view base_url,
                               const std::vector<std::string>& extra) {
  Elements out;
  for (const std::string& object : extra) {
    TRY_ASSIGN(const auto members, dicom::split_members(object));
    for (const auto& [tag, json] : members) {
      if (asked_for(search, tag)) {
        out.raw(tag, std::string(json));
      }
    }
  }
  RETURN_IF_ERROR(add_stored(search, row, profile, out));
  add_computed(search, row, profile, base_url, out);
  return out.to_json();
}

}  // namespace tessera::dicomweb
