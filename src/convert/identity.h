// identity: the names and UIDs of a slide's DICOM objects. All UIDs are hashes (dicom/ids.h uid_from_seed),
// so the same slide converted again with the same options gives the same bytes, on any machine.
//
// What is physical (frame of reference, specimen, acquisition) hangs on the slide's content alone. What is a
// record (study, series, instance, pyramid) hangs on the options too, and on the converter's revision: one
// SOP Instance UID never stands for two different files.
#pragma once

#include <string>
#include <string_view>

#include "convert/converter.h"

namespace tessera::convert {

// Raise it whenever the bytes written for the same slide and options change.
inline constexpr std::string_view kRevision = "1";

struct Identity {
  std::string container_id,
      specimen_id;  // from the options, else the barcode, else the file's name without extension
  std::string study, series, pyramid, dimension_organization;
  std::string frame_of_reference, specimen, acquisition;
  std::string record_seed;
  std::string instance(const slide::SlideSource& source, std::size_t image) const;  // SOP Instance UID
};

// What an image is called, in messages and file names: "level 0", "thumbnail", "label", "overview"; a second one of
// a kind "overview 2".
std::string image_name(const slide::SlideSource& source, std::size_t image);

// `options` have passed check_options().
Identity identify(const slide::SlideFacts& facts, std::string_view source_hash, const Options& options);

// What makes slides one case: the case id, else the accession number. Slides of one case and patient share a study.
std::string case_key(const Labels& labels);

// InvalidArgument naming the option that DICOM would not allow.
Status check_options(const Options& options);

}  // namespace tessera::convert
