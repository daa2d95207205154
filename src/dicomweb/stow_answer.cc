#include <algorithm>
#include <cstdio>

#include "archive/metadata.h"
#include "dicom/json.h"
#include "dicom/tags.h"
#include "dicomweb/stow.h"

namespace tessera::dicomweb {

namespace {

using archive::StoreOutcome;
using archive::StoreReason;
using dicom::Elements;
using dicom::Vr;
namespace tags = dicom::tags;

// (0074,1048) with one ErrorComment per attribute, in the words clients of the original parse.
Elements attribute_error(const archive::AttributeError& error) {
  Elements item;
  item.text(tags::kErrorComment, Vr::LO, "DICOM100: " + error.tag.text() + " - " + error.text);
  return item;
}

std::vector<Elements> attribute_errors(const StoreOutcome& outcome) {
  std::vector<Elements> items;
  for (const archive::AttributeError& error : outcome.attribute_errors) {
    items.push_back(attribute_error(error));
  }
  return items;
}

void add_identity(Elements& item, const StoreOutcome& outcome) {
  if (!outcome.sop_class.empty()) {
    item.text(tags::kReferencedSOPClassUID, Vr::UI, outcome.sop_class);
  }
  if (!outcome.sop.empty()) {
    item.text(tags::kReferencedSOPInstanceUID, Vr::UI, outcome.sop);
  }
}

Elements stored_item(const StoreOutcome& outcome, Profile profile, std::string_view base_url) {
  Elements item;
  add_identity(item, outcome);
  const catalog::InstanceKey key{1, outcome.study, outcome.series, outcome.sop};
  item.text(tags::kRetrieveURL, Vr::UR, archive::instance_url(base_url, key));
  if (outcome.reason != StoreReason::None) {
    item.number(tags::kWarningReason, Vr::US, static_cast<int>(outcome.reason));
  }
  if (profile == Profile::V2) {
    item.sequence(tags::kFailedAttributesSequence, attribute_errors(outcome));
  }
  return item;
}

Elements failed_item(const StoreOutcome& outcome) {
  Elements item;
  add_identity(item, outcome);
  item.number(tags::kFailureReason, Vr::US, static_cast<int>(outcome.reason));
  // ErrorComment is LO: 64 characters; the sentence may be longer, so that what matters most comes first.
  item.text(tags::kErrorComment, Vr::LO, outcome.status.message());
  if (!outcome.attribute_errors.empty()) {
    item.sequence(tags::kFailedAttributesSequence, attribute_errors(outcome));
  }
  return item;
}

}  // namespace

int store_status(const std::vector<StoreOutcome>& outcomes, Profile profile) {
  if (outcomes.empty()) {
    return 204;
  }
  std::size_t stored = 0;
  bool warned = false;
  bool disk_full = false;
  for (const StoreOutcome& outcome : outcomes) {
    stored += outcome.status.ok() ? 1 : 0;
    warned = warned || (outcome.status.ok() && outcome.reason != StoreReason::None);
    disk_full = disk_full || outcome.reason == StoreReason::OutOfResources;
  }
  if (stored == 0) {
    return disk_full ? 507 : 409;
  }
  const bool warnings_show = warned && profile == Profile::V2;
  return stored < outcomes.size() || warnings_show ? 202 : 200;
}

net::Response store_answer(const std::vector<StoreOutcome>& outcomes, Profile profile, std::string_view base_url,
                           std::string_view study_of_path, std::string_view host) {
  net::Response response;
  response.status = store_status(outcomes, profile);
  if (response.status == 204) {
    return response;
  }
  std::vector<Elements> stored;
  std::vector<Elements> failed;
  bool multiple_values = false;
  for (const StoreOutcome& outcome : outcomes) {
    if (outcome.status.ok()) {
      stored.push_back(stored_item(outcome, profile, base_url));
      multiple_values = multiple_values || outcome.multiple_values;
    } else {
      failed.push_back(failed_item(outcome));
    }
  }
  Elements answer;
  if (!study_of_path.empty() && !stored.empty()) {
    answer.text(tags::kRetrieveURL, Vr::UR, std::string(base_url) + "/studies/" + std::string(study_of_path));
  }
  if (!stored.empty()) {
    answer.sequence(tags::kReferencedSOPSequence, stored);
  }
  if (!failed.empty()) {
    answer.sequence(tags::kFailedSOPSequence, failed);
  }
  if (multiple_values) {
    response.set("Warning",
                 "299 " + std::string(host) +
                     ": One or more indexed Dicom tag(s) have multiple values, only first value is indexed.");
  }
  response.malformed = std::all_of(outcomes.begin(), outcomes.end(),
                                   [](const StoreOutcome& outcome) { return outcome.status.code() == Code::Corrupt; });
  response.set("Content-Type", "application/dicom+json");
  response.set("Cache-Control", "no-store");
  response.body = answer.to_json();
  return response;
}

}  // namespace tessera::dicomweb
