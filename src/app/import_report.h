// ImportReport: what `tessera import` says to people and programs. On a terminal one line is drawn over and over
// (stderr); in a log there is one line per file (stdout; failures on stderr); --json makes the lines JSON objects
// (doc/import.md). The end is a summary. Safe from many threads: every line is written whole, and the drawn line is
// never between two.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "app/importer.h"

namespace tessera::app {

class ImportReport {
 public:
  enum class Style { People, Json, Quiet };

  // Looks at stdout and stderr, whether they are terminals. `endless`: there is no total to draw a line about, so every
  // file has its line on a terminal too.
  ImportReport(Style style, bool endless);
  ~ImportReport();

  // So many files and bytes are to be imported; `complete` once all folders have been counted.
  void expect(std::uint64_t files, std::uint64_t bytes, bool complete);
  void began(const FoundFile& file);
  void moved(std::int64_t bytes);
  // `is_told`: it is tried again and again, and failed as it did before: that is neither said nor counted once more.
  void ended(const ImportedFile& file, bool is_told = false);
  // About a file that is under way, or (empty) about the import.
  void note(const std::filesystem::path& file, const std::string& text);
  // The table, or the JSON summary. Nothing is drawn after it.
  void summary(bool interrupted);

  std::uint64_t failed() const;

 private:
  enum Outcome { Stored, Already, Ignored, Failed, Abandoned, kOutcomes };
  struct Count {
    std::uint64_t files = 0, instances = 0, bytes = 0;
  };

  static Outcome outcome_of(const ImportedFile& file);
  void count(const ImportedFile& file);
  void print(std::FILE* to, const std::string& line);
  void print_file(const ImportedFile& file);
  void print_json_summary(double took, double rate, bool interrupted);
  void print_table(double took, double rate, bool interrupted);
  void draw();
  void clear();
  void tick();
  double seconds() const;

  const Style style_;
  const bool draws_;  // stderr is a terminal
  const bool lines_;  // stdout is none: what went well has a line too
  const std::chrono::steady_clock::time_point begin_;
  mutable std::mutex mutex_;
  Count counts_[kOutcomes];               // guarded by mutex_
  std::uint64_t expected_files_ = 0;      // guarded by mutex_
  std::uint64_t expected_bytes_ = 0;      // guarded by mutex_
  bool expected_all_ = false;             // guarded by mutex_
  std::int64_t moved_ = 0;                // guarded by mutex_
  std::multiset<std::string> under_way_;  // guarded by mutex_
  bool drawn_ = false;                    // guarded by mutex_
  bool stopping_ = false;                 // guarded by mutex_
  std::condition_variable wake_;
  std::thread ticker_;
};

}  // namespace tessera::app
