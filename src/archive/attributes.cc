#include "archive/attributes.h"

#include <algorithm>
#include <array>

#include "dicom/charset.h"
#include "dicom/dictionary.h"
#include "dicom/ids.h"
#include "dicom/tags.h"

namespace tessera::archive {

namespace {

using catalog::Level;
using dicom::Tag;
namespace tags = dicom::tags;

constexpr std::size_t kKeptBytes = 1024;
constexpr std::uint64_t kHeaderJsonBytes = 16 * 1024;

// What service-api §3 returns of the patient, the study and the series, beside what the table of searchable attributes
// says of its own.
constexpr std::array kStudyTags = {
    tags::kAnatomicRegionsInStudyCodeSequence,
    tags::kTimezoneOffsetFromUTC,
    tags::kProcedureCodeSequence,
    tags::kNameOfPhysiciansReadingStudy,
    tags::kAdmittingDiagnosesDescription,
    tags::kReferencedStudySequence,
    tags::kPatientAge,
    tags::kPatientSize,
    tags::kPatientWeight,
    tags::kOccupation,
    tags::kAdditionalPatientHistory,
};
constexpr std::array kSeriesTags = {tags::kRequestAttributesSequence};
// What the rows and the checks of ingest need by value.
constexpr std::array kKeptTags = {
    tags::kSpecificCharacterSet, tags::kImageType,         tags::kSOPClassUID,
    tags::kSOPInstanceUID,       tags::kModality,          tags::kPatientID,
    tags::kStudyInstanceUID,     tags::kSeriesInstanceUID, tags::kInstanceNumber,
};

template <std::size_t N>
bool holds(const std::array<Tag, N>& list, Tag tag) {
  return std::find(list.begin(), list.end(), tag) != list.end();
}

// The optical path holds the ICC profile, and per-frame groups may have hundreds of megabytes: both are read from the
// metadata sidecar when somebody asks for them.
bool wanted_in_header(Tag tag) {
  return tag.group() != 0x0002 && tag.element() != 0x0000 && tag != tags::kOpticalPathSequence &&
         tag != tags::kPerFrameFunctionalGroupsSequence && tag != tags::kPixelData && tag != tags::kFloatPixelData &&
         tag != tags::kDoubleFloatPixelData;
}

catalog::ImageFlavor flavor_of(std::string_view name) {
  using catalog::ImageFlavor;
  for (const ImageFlavor flavor :
       {ImageFlavor::Volume, ImageFlavor::Label, ImageFlavor::Overview, ImageFlavor::Thumbnail}) {
    if (name == catalog::image_flavor_name(flavor)) {
      return flavor;
    }
  }
  return ImageFlavor::None;
}

}  // namespace

Level attribute_level(Tag tag) {
  if (const catalog::SearchKey* key = catalog::find_key(tag)) {
    return key->level;
  }
  if (holds(kStudyTags, tag)) {
    return Level::Study;
  }
  return holds(kSeriesTags, tag) ? Level::Series : Level::Instance;
}

struct AttributeCollector::HeaderText final : dicom::JsonOutput {
  std::string json;
  Status text(std::string_view piece) override {
    json += piece;
    return {};
  }
  Status bulk(const dicom::BulkValue&) override { return {}; }  // skip_bulk: never called
};

AttributeCollector::AttributeCollector() : header_text_(std::make_unique<HeaderText>()) {
  dicom::JsonOptions options;
  options.skip_bulk = true;
  options.max_bytes = kHeaderJsonBytes;
  options.wanted = wanted_in_header;
  header_ = std::make_unique<dicom::JsonWriter>(*header_text_, options);
}

AttributeCollector::~AttributeCollector() = default;

Status AttributeCollector::on_value(const dicom::ElementHeader& element, ByteView value) {
  if (element.depth == 0) {
    past_identity_ = past_identity_ || element.tag > tags::kSeriesInstanceUID;
    if (holds(kKeptTags, element.tag)) {
      raw_[element.tag] = std::string(as_text(value.first(std::min(value.size(), kKeptBytes))));
    }
    if (element.tag == tags::kSpecificCharacterSet) {
      charset_ = dicom::split_values(as_text(value), dicom::Vr::CS);
    }
  }
  RETURN_IF_ERROR(keys_.on_value(element, value));
  return header_->on_value(element, value);
}

Status AttributeCollector::on_large_value_begin(const dicom::ElementHeader& element) {
  return header_->on_large_value_begin(element);
}
Status AttributeCollector::on_sequence_begin(const dicom::ElementHeader& element) {
  past_identity_ = past_identity_ || (element.depth == 0 && element.tag > tags::kSeriesInstanceUID);
  RETURN_IF_ERROR(keys_.on_sequence_begin(element));
  return header_->on_sequence_begin(element);
}
Status AttributeCollector::on_item_begin() {
  RETURN_IF_ERROR(keys_.on_item_begin());
  return header_->on_item_begin();
}
Status AttributeCollector::on_item_end() {
  RETURN_IF_ERROR(keys_.on_item_end());
  return header_->on_item_end();
}
Status AttributeCollector::on_sequence_end() {
  RETURN_IF_ERROR(keys_.on_sequence_end());
  return header_->on_sequence_end();
}
Status AttributeCollector::on_fragments_begin(const dicom::ElementHeader& element) {
  past_identity_ = past_identity_ || element.depth == 0;
  return header_->on_fragments_begin(element);
}
Status AttributeCollector::on_fragments_end(std::uint64_t end_offset) {
  return header_->on_fragments_end(end_offset);
}

std::optional<std::string> AttributeCollector::first_value(Tag tag) const {
  const auto found = raw_.find(tag);
  if (found == raw_.end()) {
    return std::nullopt;
  }
  const dicom::DictionaryRow* row = dicom::find_tag(tag);
  const dicom::Vr vr = row != nullptr ? row->vr : dicom::Vr::LO;
  dicom::TextDecoder decoder(charset_);
  const std::string text = decoder.to_utf8(as_bytes(found->second), vr);
  const std::vector<std::string> values = dicom::split_values(text, vr);
  if (values.empty()) {
    return std::string();
  }
  return vr == dicom::Vr::UI ? std::string(dicom::trim_uid(values.front())) : values.front();
}

catalog::ImageFlavor AttributeCollector::flavor() const {
  const auto image_type = raw_.find(tags::kImageType);
  if (image_type == raw_.end()) {
    return catalog::ImageFlavor::None;
  }
  const std::vector<std::string> terms = dicom::split_values(image_type->second, dicom::Vr::CS);
  return terms.size() > 2 ? flavor_of(terms[2]) : catalog::ImageFlavor::None;
}

Status AttributeCollector::fill(catalog::Publication& publication) {
  const auto value = [this](Tag tag) { return first_value(tag).value_or(""); };
  publication.study.keys = keys_.take(Level::Study);
  publication.series.keys = keys_.take(Level::Series);
  publication.series.modality = value(tags::kModality);
  catalog::InstanceAttributes& instance = publication.instance;
  instance.keys = keys_.take(Level::Instance);
  instance.sop_class = value(tags::kSOPClassUID);
  instance.instance_number = value(tags::kInstanceNumber);
  instance.flavor = flavor();

  RETURN_IF_ERROR(header_->finish());
  TRY_ASSIGN(const auto members, dicom::split_members(header_text_->json));
  dicom::Elements levels[3];
  for (const auto& [tag, json] : members) {
    levels[static_cast<int>(attribute_level(tag))].raw(tag, std::string(json));
  }
  publication.study.header = levels[0].to_json();
  publication.series.header = levels[1].to_json();
  instance.header = levels[2].to_json();
  return {};
}

}  // namespace tessera::archive
