#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app/commands.h"
#include "app/file_walk.h"
#include "base/file.h"
#include "dicom/checks.h"
#include "dicom/json.h"

namespace tessera::app {

namespace {

namespace fs = std::filesystem;
using dicom::Finding;
using dicom::Findings;
using dicom::Severity;

constexpr std::size_t kPiece = 1024 * 1024;

Result<dicom::FileVerdict> check_file(const fs::path& path) {
  TRY_ASSIGN(const File file, File::open_read(path));
  TRY_ASSIGN(const std::uint64_t size, file.size());
  dicom::FileCheck check;
  ByteBuffer piece(std::min<std::uint64_t>(kPiece, size));
  for (std::uint64_t at = 0; at < size; at += kPiece) {
    const MutableBytes part(piece.data(), std::min<std::uint64_t>(kPiece, size - at));
    RETURN_IF_ERROR(file.read_at(at, part).while_doing("read '" + path.string() + "'"));
    if (!check.feed(part)) {
      break;
    }
  }
  return check.finish();
}

const char* severity_name(Severity severity) {
  return severity == Severity::Error ? "error" : "warning";
}

// What is printed of a file or a series, as text or as JSON.
class Report {
 public:
  explicit Report(bool json) : json_(json) {}

  void file(const std::string& name, const char* kind, const Findings& findings) {
    ++files_;
    entry("file", name, kind, findings);
  }
  void series(const std::string& uid, const Findings& findings) { entry("series", uid, "series", findings); }
  void unreadable(const std::string& name, std::string_view why) {
    ++unreadable_;
    if (json_) {
      begin_entry("file", name, "unreadable");
      text_ += ",\"reason\":";
      dicom::append_json_string(text_, why);
      end_entry();
    } else {
      std::fprintf(stderr, "%s: cannot be read: %s\n", name.c_str(), std::string(why).c_str());
    }
  }
  // Something else than DICOM; `named` by the user rather than found in a folder.
  void other(const std::string& name, bool named) {
    unreadable_ += named ? 1 : 0;
    if (json_) {
      begin_entry("file", name, "not DICOM");
      end_entry();
    } else {
      std::printf("%s: not DICOM (no DICM after the preamble)\n", name.c_str());
    }
  }

  int finish() {
    if (json_) {
      std::printf("%s],\"errors\":%llu,\"warnings\":%llu}\n", begun_ ? "" : "{\"entries\":[", number(errors_),
                  number(warnings_));
    } else {
      std::printf("checked: %llu DICOM files, %llu errors, %llu warnings\n", number(files_), number(errors_),
                  number(warnings_));
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      std::fprintf(stderr, "tessera: check: the report cannot be written\n");
      return 2;
    }
    return unreadable_ > 0 ? 2 : errors_ > 0 ? 1 : 0;
  }

 private:
  static unsigned long long number(std::uint64_t value) { return value; }

  void entry(const char* what, const std::string& name, const char* kind, const Findings& findings) {
    errors_ += findings.count(Severity::Error);
    warnings_ += findings.count(Severity::Warning);
    if (json_) {
      begin_entry(what, name, kind);
      text_ += ",\"findings\":[";
      for (std::size_t i = 0; i < findings.kept().size(); ++i) {
        text_ += i == 0 ? "" : ",";
        json_finding(findings.kept()[i], findings.count(findings.kept()[i].rule));
      }
      text_ += ']';
      end_entry();
    } else {
      text_entry(name, kind, findings);
    }
  }

  static void text_entry(const std::string& name, const char* kind, const Findings& findings) {
    const std::uint64_t errors = findings.count(Severity::Error);
    const std::uint64_t warnings = findings.count(Severity::Warning);
    std::printf("%s: %s, ", name.c_str(), kind);
    if (errors + warnings == 0) {
      std::printf("no finding\n");
      return;
    }
    std::printf("%llu errors, %llu warnings\n", number(errors), number(warnings));
    std::vector<Finding> sorted = findings.kept();
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.rule < b.rule; });
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const bool new_rule = i == 0 || sorted[i].rule != sorted[i - 1].rule;
      const bool last_of_rule = i + 1 == sorted.size() || sorted[i].rule != sorted[i + 1].rule;
      const dicom::RuleRow& row = dicom::rule_row(sorted[i].rule);
      if (new_rule) {
        std::printf("  %s %s: %s\n", severity_name(row.severity), std::string(row.id).c_str(),
                    std::string(row.why).c_str());
      }
      std::printf("    %s\n", described(sorted[i]).c_str());
      const std::uint64_t all = findings.count(sorted[i].rule);
      if (last_of_rule && all > dicom::kept_of(sorted[i].rule)) {
        std::printf("    and %llu more\n", number(all - dicom::kept_of(sorted[i].rule)));
      }
    }
  }

  static std::string described(const Finding& finding) {
    std::string place = finding.tag.value != 0 ? finding.tag.text() : "";
    if (finding.offset) {
      place += (place.empty() ? "byte " : " at byte ") + std::to_string(*finding.offset);
    }
    return place.empty() ? finding.what : place + ": " + finding.what;
  }

  void begin_entry(const char* what, const std::string& name, const char* kind) {
    text_ = begun_ ? ",{\"" : "{\"entries\":[{\"";
    begun_ = true;
    text_ += std::string(what) + "\":";
    dicom::append_json_string(text_, name);
    text_ += ",\"kind\":";
    dicom::append_json_string(text_, kind);
  }
  void end_entry() { std::printf("%s}", text_.c_str()); }

  void json_finding(const Finding& finding, std::uint64_t count) {
    const dicom::RuleRow& row = dicom::rule_row(finding.rule);
    text_ +=
        "{\"severity\":\"" + std::string(severity_name(row.severity)) + "\",\"rule\":\"" + std::string(row.id) + "\"";
    if (finding.tag.value != 0) {
      text_ += ",\"tag\":\"" + finding.tag.hex() + "\"";
    }
    if (finding.offset) {
      text_ += ",\"offset\":" + std::to_string(*finding.offset);
    }
    text_ += ",\"count\":" + std::to_string(count) + ",\"what\":";
    dicom::append_json_string(text_, finding.what);
    text_ += ",\"why\":";
    dicom::append_json_string(text_, row.why);
    text_ += '}';
  }

  const bool json_;
  bool begun_ = false;  // an entry was written
  std::string text_;    // the JSON entry that is being made
  std::uint64_t files_ = 0, errors_ = 0, warnings_ = 0, unreadable_ = 0;
};

void check_one(const fs::path& path, bool named, Report& report, std::vector<dicom::CheckedFile>& slides) {
  Result<dicom::FileVerdict> verdict = check_file(path);
  if (!verdict.ok()) {
    report.unreadable(path.string(), verdict.status().message());
  } else if (!verdict->is_dicom) {
    report.other(path.string(), named);
  } else {
    const char* kind =
        verdict->is_slide ? "whole-slide image" : "DICOM, no whole-slide image: the format alone was checked";
    report.file(path.string(), kind, verdict->findings);
    if (verdict->is_slide) {
      verdict->facts.name = path.filename().string();
      slides.push_back(std::move(verdict->facts));
    }
  }
}

}  // namespace

int run_check(const CheckArguments& arguments) {
  Report report(arguments.json);
  std::vector<dicom::CheckedFile> slides;
  FileWalk walk({arguments.paths.begin(), arguments.paths.end()}, {});
  for (FoundFile file; walk.next(file);) {
    if (!file.problem.ok()) {
      report.unreadable(file.path.string(), file.problem.message());
    } else if (file.skipped.empty()) {
      check_one(file.path, file.named, report, slides);
    } else if (file.named) {
      report.unreadable(file.path.string(), file.skipped);
    }
  }
  for (const dicom::SeriesVerdict& series : dicom::check_series(slides)) {
    if (series.findings.count(Severity::Error) + series.findings.count(Severity::Warning) > 0) {
      report.series(series.series, series.findings);
    }
  }
  return report.finish();
}

}  // namespace tessera::app
