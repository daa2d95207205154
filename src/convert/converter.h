// Converter: a slide becomes DICOM, one VL Whole Slide Microscopy instance per image (levels, then thumbnail,
// label and overview where the slide has them), one series per slide, written front to back to any sink: a
// folder, an upload, the archive. Tiles are copied, never re-encoded.
//
// Memory does not grow with the slide. UIDs derive from the source's content by default, so that a repeat is
// recognised. A conversion is one thread's; several may run at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "slide/slide_source.h"

namespace tessera::convert {

// What a lab knows and the file does not. Empty means: from the file, or the IOD's empty value.
struct Labels {
  std::string patient_name, patient_id, patient_birth_date, patient_sex;
  std::string accession_number, study_id, study_description, container_id, specimen_id;
  std::string study_date, stain;
  std::string study_uid;  // to put several slides into one study
  std::string case_id;    // slides of one case share a study too; empty: the accession number says which case
};

// Associated images not to be converted; label and overview show what identifies the patient.
struct LeaveOut {
  bool label = false, overview = false, thumbnail = false;
};

struct Options {
  Labels labels;
  LeaveOut leave_out;
  double mm_per_pixel = 0;  // > 0: when the file has no spacing (there is no default: it would be an invention)
};

// One instance about to be written.
struct Planned {
  std::string study, series, sop;
  std::string sop_class;
  std::string transfer_syntax;
  std::size_t image = 0;  // of the source's images()
  std::string name;       // "level 0", "label", "overview 2" (convert/identity.h)
  std::uint32_t frames = 0;
  std::uint64_t bytes = 0;  // of the whole Part 10 file, exact
};

// Where instances go. begin() may decline one (it is there already): then its pixels are not read.
class InstanceSink {
 public:
  virtual ~InstanceSink() = default;
  virtual Result<bool> begin(const Planned& instance) = 0;
  virtual Status write(ByteView bytes) = 0;
  virtual Status end() = 0;
  // After the last instance; not called when the conversion failed. A sink may make all of them visible here
  // at once.
  virtual Status finish() { return {}; }
};

struct Summary {
  std::uint32_t written = 0;
  std::uint32_t declined = 0;
  std::uint64_t bytes = 0;
  std::uint32_t levels = 0;             // written or declined
  std::vector<std::string> associated;  // names of the other instances, written or declined
  std::vector<std::string> notes;       // what was left out or decoded, and why
  // "2 levels, thumbnail, label, overview; left out: …": what the slide became, for people.
  std::string contents() const;
};

// `source_hash` (of the file's content, slide/fingerprint.h) and the options seed the UIDs
// (convert/identity.h). InvalidArgument when the source states no spacing and the options neither. A damaged
// associated image that is not left out fails the conversion before anything is written, and the sentence names
// the option that leaves it out.
// `progress`, when given, hears bytes written so far of how many.
Result<Summary> convert_slide(const slide::SlideSource& source, std::string_view source_hash, const Options& options,
                              InstanceSink& sink,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});

}  // namespace tessera::convert
