#include "convert/staining.h"

#include <string>
#include <utility>

#include "convert/coded.h"

namespace tessera::convert {

namespace {

using dicom::DataSet;
using dicom::Tag;
using dicom::Vr;

constexpr Tag kPreparationStepContentItemSequence{0x00400612};
constexpr Tag kValueType{0x0040A040};
constexpr Tag kConceptNameCodeSequence{0x0040A043};
constexpr Tag kTextValue{0x0040A160};
constexpr Tag kConceptCodeSequence{0x0040A168};

constexpr Concept kSpecimenIdentifier{"121041", "DCM", "Specimen Identifier"};
constexpr Concept kProcessingType{"111701", "DCM", "Processing type"};
constexpr Concept kStaining{"127790008", "SCT", "Staining"};
constexpr Concept kUsingSubstance{"424361007", "SCT", "Using substance"};
constexpr Concept kHematoxylin{"12710003", "SCT", "hematoxylin stain"};
constexpr Concept kEosin{"36879007", "SCT", "water soluble eosin stain"};

// A stain's names as labs write them, letters only and in lower case, and what they are made of.
struct Stain {
  std::string_view name;
  const Concept* first;
  const Concept* second;
};
constexpr Stain kStains[] = {
    {"he", &kHematoxylin, &kEosin},
    {"hande", &kHematoxylin, &kEosin},
    {"hematoxylineosin", &kHematoxylin, &kEosin},
    {"haematoxylineosin", &kHematoxylin, &kEosin},
    {"hematoxylinandeosin", &kHematoxylin, &kEosin},
    {"haematoxylinandeosin", &kHematoxylin, &kEosin},
    {"hematoxylin", &kHematoxylin, nullptr},
    {"haematoxylin", &kHematoxylin, nullptr},
    {"eosin", &kEosin, nullptr},
};

// "H & E" and "h&e" are "he". Digits and bytes beyond ASCII stay, so that another stain is never taken for one of ours.
std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      letters += static_cast<char>(c - 'A' + 'a');
    } else if (std::string_view(" &-+/.").find(c) == std::string_view::npos) {
      letters += c;
    }
  }
  return letters;
}

const Stain* find_stain(std::string_view text) {
  const std::string letters = letters_of(text);
  for (const Stain& stain : kStains) {
    if (stain.name == letters) {
      return &stain;
    }
  }
  return nullptr;
}

DataSet text_item(const Concept& concept_name, std::string_view text) {
  DataSet item;
  item.text(kValueType, Vr::CS, "TEXT");
  item.sequence(kConceptNameCodeSequence, {code_item(concept_name)});
  item.text(kTextValue, Vr::UT, text);
  return item;
}

DataSet coded_item(const Concept& concept_name, const Concept& value) {
  DataSet item;
  item.text(kValueType, Vr::CS, "CODE");
  item.sequence(kConceptNameCodeSequence, {code_item(concept_name)});
  item.sequence(kConceptCodeSequence, {code_item(value)});
  return item;
}

}  // namespace

std::vector<DataSet> staining_steps(std::string_view specimen_id, std::string_view stain) {
  if (stain.empty()) {
    return {};
  }
  std::vector<DataSet> content;
  content.push_back(text_item(kSpecimenIdentifier, specimen_id));
  content.push_back(coded_item(kProcessingType, kStaining));
  const Stain* known = find_stain(stain);
  if (known == nullptr) {
    content.push_back(text_item(kUsingSubstance, stain));
  } else {
    content.push_back(coded_item(kUsingSubstance, *known->first));
    if (known->second != nullptr) {
      content.push_back(coded_item(kUsingSubstance, *known->second));
    }
  }
  DataSet step;
  step.sequence(kPreparationStepContentItemSequence, std::move(content));
  return {std::move(step)};
}

}  // namespace tessera::convert
