#include "convert/identity.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "convert/text.h"
#include "dicom/calendar.h"
#include "dicom/ids.h"

namespace tessera::convert {

namespace {

// Fields joined so that no two lists of fields look alike: each with its length before it.
void append_field(std::string& seed, std::string_view field) {
  seed += std::to_string(field.size()) + ':' + std::string(field);
}

std::string record_seed(std::string_view source_hash, const Options& options, const Identity& identity) {
  const Labels& l = options.labels;
  char spacing[32];
  std::snprintf(spacing, sizeof spacing, "%.17g", options.mm_per_pixel);
  std::string seed = "tessera slide record";
  for (const std::string_view field :
       {kRevision, source_hash, std::string_view(spacing), std::string_view(l.patient_name),
        std::string_view(l.patient_id), std::string_view(l.patient_birth_date), std::string_view(l.patient_sex),
        std::string_view(l.accession_number), std::string_view(l.study_id), std::string_view(l.study_description),
        std::string_view(l.study_uid), std::string_view(identity.container_id),
        std::string_view(identity.specimen_id)}) {
    append_field(seed, field);
  }
  // Fields of later times, by name and only where given: slides without them keep their UIDs.
  const std::pair<std::string_view, std::string> later[] = {
      {"study date", l.study_date}, {"stain", l.stain}, {"case", case_key(l)}};
  for (const auto& [name, value] : later) {
    if (!value.empty()) {
      append_field(seed, name);
      append_field(seed, value);
    }
  }
  return seed;
}

// The patient is part of it: one study never holds two patients, whatever number two labs gave their cases.
std::string case_study(const Labels& labels) {
  const std::string key = case_key(labels);
  if (key.empty()) {
    return {};
  }
  std::string seed = "tessera case study";
  append_field(seed, labels.patient_id);
  append_field(seed, key);
  return dicom::uid_from_seed(seed);
}

std::string first_of(std::initializer_list<std::string> candidates) {
  const auto found = std::find_if(candidates.begin(), candidates.end(), [](const auto& c) { return !c.empty(); });
  return found == candidates.end() ? std::string() : *found;
}

Status refuse(const char* option, const std::string& why) {
  return Status(Code::InvalidArgument, std::string(option) + ": " + why);
}

Status check_date(const char* option, const std::string& date) {
  return date.empty() || dicom::is_calendar_date(date)
             ? Status()
             : refuse(option, "'" + date + "' is not YYYYMMDD, or no such day");
}

// One to three component groups of up to five components and 64 characters each (PS3.5 6.2.1).
Status check_person_name(const char* option, std::string_view name) {
  RETURN_IF_ERROR(check_text(option, name, name.size()));
  std::size_t groups = 0;
  for (std::size_t at = 0; at <= name.size(); ++groups) {
    const std::string_view group = name.substr(at, name.find('=', at) - at);
    RETURN_IF_ERROR(check_text(option, group, 64));
    if (std::count(group.begin(), group.end(), '^') > 4) {
      return refuse(option, "more than five components between '^'");
    }
    at += group.size() + 1;
  }
  return groups <= 3 ? Status() : refuse(option, "more than three component groups between '='");
}

// As PS3.5 9.1 wants a UID that is given out: what is read may have leading zeros, what is written may not.
bool is_strict_uid(std::string_view uid) {
  for (std::size_t at = 0; at <= uid.size();) {
    const std::string_view component = uid.substr(at, uid.find('.', at) - at);
    if (component.empty() || (component.size() > 1 && component[0] == '0')) {
      return false;
    }
    at += component.size() + 1;
  }
  return uid == dicom::trim_uid(uid) && dicom::is_valid_uid(uid);
}

}  // namespace

std::string image_name(const slide::SlideSource& source, std::size_t image) {
  static constexpr const char* kNames[] = {"level", "thumbnail", "label", "overview"};  // as slide::ImageFlavor
  const auto& images = source.images();
  const slide::ImageFlavor flavor = images[image].flavor;
  const std::string name = kNames[static_cast<std::size_t>(flavor)];
  const auto before = std::count_if(images.begin(), images.begin() + static_cast<std::ptrdiff_t>(image),
                                    [&](const slide::Image& other) { return other.flavor == flavor; });
  if (flavor == slide::ImageFlavor::Volume) {
    return name + " " + std::to_string(before);
  }
  return before == 0 ? name : name + " " + std::to_string(before + 1);
}

// A level's number alone, as it was when levels were all there was: their UIDs stay.
std::string Identity::instance(const slide::SlideSource& source, std::size_t image) const {
  const std::string which = source.images()[image].is_level() ? std::to_string(image) : image_name(source, image);
  return dicom::uid_from_seed(record_seed + "instance" + which);
}

Identity identify(const slide::SlideFacts& facts, std::string_view source_hash, const Options& options) {
  Identity identity;
  const std::string stem = std::filesystem::path(facts.file_name).stem().string();
  identity.container_id = first_of({options.labels.container_id, mended(facts.barcode, 64), mended(stem, 64),
                                    std::string(source_hash.substr(0, 16))});
  identity.specimen_id = first_of({options.labels.specimen_id, identity.container_id});
  identity.record_seed = record_seed(source_hash, options, identity);
  const auto of_record = [&](const char* what) { return dicom::uid_from_seed(identity.record_seed + what); };
  const auto of_slide = [&](const char* what) {
    return dicom::uid_from_seed("tessera slide " + std::string(source_hash) + what);
  };
  identity.study = first_of({options.labels.study_uid, case_study(options.labels), of_record("study")});
  identity.series = of_record("series");
  identity.pyramid = of_record("pyramid");
  identity.dimension_organization = of_record("dimension organization");
  identity.frame_of_reference = of_slide("frame of reference");
  identity.specimen = of_slide("specimen");
  identity.acquisition = of_slide("acquisition");
  return identity;
}

std::string case_key(const Labels& labels) {
  return first_of({labels.case_id, labels.accession_number});
}

Status check_options(const Options& options) {
  struct Field {
    const char* option;
    const std::string& value;
    std::size_t limit;
  };
  const Labels& l = options.labels;
  for (const Field& field : {Field{"patient id", l.patient_id, 64}, Field{"accession number", l.accession_number, 16},
                             Field{"study id", l.study_id, 16}, Field{"study description", l.study_description, 64},
                             Field{"container id", l.container_id, 64}, Field{"specimen id", l.specimen_id, 64},
                             Field{"stain", l.stain, 64}, Field{"case id", l.case_id, 64}}) {
    RETURN_IF_ERROR(check_text(field.option, field.value, field.limit));
  }
  RETURN_IF_ERROR(check_person_name("patient name", l.patient_name));
  RETURN_IF_ERROR(check_date("patient birth date", l.patient_birth_date));
  RETURN_IF_ERROR(check_date("study date", l.study_date));
  if (!l.patient_sex.empty() && l.patient_sex != "M" && l.patient_sex != "F" && l.patient_sex != "O") {
    return Status(Code::InvalidArgument, "patient sex: '" + l.patient_sex + "' is none of M, F, O");
  }
  if (!l.study_uid.empty() && !is_strict_uid(l.study_uid)) {
    return Status(Code::InvalidArgument, "study UID: '" + l.study_uid + "' is no UID");
  }
  if (!(options.mm_per_pixel >= 0 && options.mm_per_pixel <= 0.1)) {
    return Status(Code::InvalidArgument, "spacing: " + std::to_string(options.mm_per_pixel * 1000) +
                                             " micrometres per pixel is not above 0 and at most 100");
  }
  return {};
}

}  // namespace tessera::convert
