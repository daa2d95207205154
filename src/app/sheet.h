// Sheet: what a lab knows about its slides, one row each, from a CSV file (doc/import.md has the columns). A row is
// found by the slide's file name or its barcode; its cells that are not empty win over what the command line says.
//
// Parsed once, whole; after that its rows are constant, and apply() is safe from many threads. Bytes from outside:
// limits from the first line, a fuzz target, and every error names line and column.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "convert/converter.h"

namespace tessera::app {

class Sheet {
 public:
  static constexpr std::uint64_t kMaxBytes = 16ull * 1024 * 1024;

  // `defaults` are the command line's, for the check that each row makes labels DICOM allows. Corrupt or
  // InvalidArgument: "line 7, column patient_sex: …".
  static Result<Sheet> parse(std::string_view text, const convert::Options& defaults);

  // The row that is a slide's.
  struct Match {
    unsigned line = 0;
    std::string also;  // another slide of that file name, which got the same row before; a barcode may be of several
  };
  // Puts the row's values over `options`; nothing when no row is the slide's. `barcode`: the slide's own, or empty.
  std::optional<Match> apply(const std::filesystem::path& slide, const std::string& barcode, convert::Options& options);

  std::size_t size() const { return rows_.size(); }
  // The lines of rows no slide was found for yet.
  std::vector<unsigned> unused_lines() const;

 private:
  struct Row {
    unsigned line = 0;
    std::string file, barcode;
    convert::Labels labels;
    double mm_per_pixel = 0;
  };
  class Parser;

  // Which slide each row was found for first; empty: for none yet.
  struct Used {
    std::mutex mutex;
    std::vector<std::string> by;  // as rows_; guarded by mutex
  };

  const Row* find_by_file(const std::filesystem::path& slide) const;
  const Row* find_by_barcode(const std::filesystem::path& slide, const std::string& barcode) const;
  static void put_over(const Row& row, convert::Options& options);

  std::vector<Row> rows_;
  std::unique_ptr<Used> used_;
  std::map<std::string, std::size_t, std::less<>> by_file_, by_barcode_;
};

}  // namespace tessera::app
