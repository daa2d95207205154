// Checks: is this valid (whole-slide) DICOM? One file as a stream, and the files of one series together.
//
// Used by `tessera check` and its fuzz target. FileCheck takes bytes in pieces of any size and never holds much of
// them: the parser's 64 KiB, some attributes, offset tables and frame positions up to the limits of checks_offsets.h
// and checks_slide.h (some tens of MB). One thread. Nothing fails: what is wrong is a finding.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "dicom/checks_rules.h"

namespace tessera::dicom {

// What the rules across files need of one.
struct CheckedFile {
  std::string name;
  std::string sop, series, frame_of_reference, container, concatenation, flavor;
  double columns = 0, rows = 0;  // of the total pixel matrix
  double width = 0, height = 0;  // of the imaged volume, in mm
};

struct FileVerdict {
  bool is_dicom = false;  // "DICM" is where it should be
  bool is_slide = false;
  std::string sop_class;
  Findings findings;
  CheckedFile facts;  // of a slide
};

class FileCheck {
 public:
  FileCheck();
  ~FileCheck();
  FileCheck(const FileCheck&) = delete;
  FileCheck& operator=(const FileCheck&) = delete;

  // False: the rest need not be read.
  bool feed(ByteView bytes);
  FileVerdict finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of one series at a time; the result names files.
struct SeriesVerdict {
  std::string series;
  Findings findings;
};
std::vector<SeriesVerdict> check_series(const std::vector<CheckedFile>& slides);

}  // namespace tessera::dicom
