#include "app/import_report.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/progress_line.h"
#include "dicom/json.h"

namespace tessera::app {

namespace {

constexpr const char* kOutcomeNames[] = {"stored", "already", "ignored", "failed", "abandoned"};
constexpr const char* kOutcomeWords[] = {"stored", "there already", "ignored", "failed", "abandoned"};
constexpr std::chrono::milliseconds kDrawEvery{150};
constexpr unsigned kUsualWidth = 80;

unsigned terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

// A JSON object of one line, member by member.
class JsonLine {
 public:
  JsonLine& text(const char* name, std::string_view value) {
    dicom::append_json_string(member(name), value);
    return *this;
  }
  JsonLine& number(const char* name, std::uint64_t value) {
    member(name) += std::to_string(value);
    return *this;
  }
  JsonLine& seconds(const char* name, double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.3f", value);
    member(name) += digits;
    return *this;
  }
  JsonLine& flag(const char* name, bool value) {
    member(name) += value ? "true" : "false";
    return *this;
  }
  std::string end() { return line_ + "}"; }

 private:
  std::string& member(const char* name) {
    line_ += line_.size() > 1 ? "," : "";
    dicom::append_json_string(line_, name);
    return line_ += ":";
  }
  std::string line_ = "{";
};

std::string json_of(const ImportedFile& file, const char* result) {
  JsonLine line;
  line.text("type", "file").text("file", file.path.string()).text("result", result);
  line.number("size", file.size).number("stored", file.stored).number("already", file.already);
  line.number("bytes", file.bytes).seconds("seconds", file.seconds).flag("removed", file.removed);
  if (!file.status.ok()) {
    line.text("code", code_name(file.status.code())).text("error", file.status.message());
  }
  if (!file.contents.empty()) {
    line.text("contents", file.contents);
  }
  if (!file.note.empty()) {
    line.text("note", file.note);
  }
  return line.end();
}

std::string words_of(const ImportedFile& file) {
  const std::string name = printable(file.path.string());
  const std::string note = file.note.empty() ? "" : " (" + printable(file.note) + ")";
  if (file.abandoned) {
    return name + ": abandoned";
  }
  if (!file.status.ok()) {
    return name + ": failed: " + printable(file.status.message());
  }
  if (file.ignored) {
    return name + ": ignored" + note;
  }
  return name + ": " + std::to_string(file.stored) + " stored, " + std::to_string(file.already) + " there already, " +
         bytes_text(file.bytes) + " in " + time_text(file.seconds) + (file.removed ? ", removed" : "") +
         (file.contents.empty() ? "" : ": " + file.contents) + note;
}

}  // namespace

ImportReport::ImportReport(Style style, bool endless)
    : style_(style),
      draws_(style != Style::Quiet && !endless && ::isatty(STDERR_FILENO) != 0),
      lines_(style == Style::People && (endless || ::isatty(STDOUT_FILENO) == 0)),
      begin_(std::chrono::steady_clock::now()) {
  if (draws_) {
    ticker_ = std::thread([this] { tick(); });
  }
}

ImportReport::~ImportReport() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    clear();
  }
  wake_.notify_all();
  if (ticker_.joinable()) {
    ticker_.join();
  }
}

double ImportReport::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

void ImportReport::tick() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    draw();
    wake_.wait_for(lock, kDrawEvery);
  }
}

void ImportReport::draw() {
  Progress progress;
  for (const Count& count : counts_) {
    progress.files_done += count.files;
  }
  progress.files_total = std::max(expected_files_, progress.files_done);
  progress.bytes_done = static_cast<std::uint64_t>(std::max<std::int64_t>(moved_, 0));
  progress.bytes_total = expected_bytes_;
  progress.total_known = expected_all_;
  progress.seconds = seconds();
  progress.file = under_way_.empty() ? "" : *under_way_.begin();
  // One column stays free: a full line would wrap on some terminals.
  std::fprintf(stderr, "\r%s\033[K", progress_line(progress, terminal_width() - 1).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ImportReport::clear() {
  if (drawn_) {
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
  }
}

void ImportReport::print(std::FILE* to, const std::string& line) {
  clear();
  std::fprintf(to, "%s\n", line.c_str());
  std::fflush(to);
}

void ImportReport::expect(std::uint64_t files, std::uint64_t bytes, bool complete) {
  std::lock_guard lock(mutex_);
  expected_files_ += files;
  expected_bytes_ += bytes;
  expected_all_ = complete;
}

void ImportReport::began(const FoundFile& file) {
  std::lock_guard lock(mutex_);
  under_way_.insert(file.path.string());
}

void ImportReport::moved(std::int64_t bytes) {
  std::lock_guard lock(mutex_);
  moved_ += bytes;
}

void ImportReport::note(const std::filesystem::path& file, const std::string& text) {
  std::lock_guard lock(mutex_);
  if (style_ != Style::Quiet) {
    print(stderr, (file.empty() ? "tessera" : printable(file.string())) + ": " + printable(text));
  }
}

ImportReport::Outcome ImportReport::outcome_of(const ImportedFile& file) {
  if (file.abandoned) {
    return Abandoned;
  }
  if (!file.status.ok()) {
    return Failed;
  }
  return file.ignored ? Ignored : file.stored > 0 ? Stored : Already;
}

void ImportReport::count(const ImportedFile& file) {
  Count& whole = counts_[outcome_of(file)];
  ++whole.files;
  counts_[Stored].instances += file.stored;
  counts_[Already].instances += file.already;
  counts_[Stored].bytes += file.bytes;
}

void ImportReport::print_file(const ImportedFile& file) {
  const bool failed = !file.status.ok() && !file.abandoned;
  if (style_ == Style::Json) {
    print(stdout, json_of(file, kOutcomeNames[outcome_of(file)]));
  } else if (failed) {
    print(stderr, words_of(file));
  } else if (lines_ || (style_ != Style::Quiet && !file.note.empty() && !file.ignored)) {
    print(stdout, words_of(file));
  }
}

void ImportReport::ended(const ImportedFile& file, bool is_told) {
  std::lock_guard lock(mutex_);
  const auto at = under_way_.find(file.path.string());
  if (at != under_way_.end()) {
    under_way_.erase(at);
  }
  if (!is_told) {
    count(file);
    print_file(file);
  }
}

std::uint64_t ImportReport::failed() const {
  std::lock_guard lock(mutex_);
  return counts_[Failed].files;
}

void ImportReport::summary(bool interrupted) {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  const double took = seconds();
  const double rate = took > 0 ? static_cast<double>(counts_[Stored].bytes) / 1e6 / took : 0;
  if (style_ == Style::Json) {
    print_json_summary(took, rate, interrupted);
  } else if (style_ == Style::People) {
    print_table(took, rate, interrupted);
  }
}

void ImportReport::print_json_summary(double took, double rate, bool interrupted) {
  JsonLine line;
  line.text("type", "summary");
  for (int outcome = 0; outcome < kOutcomes; ++outcome) {
    line.number((std::string("files_") + kOutcomeNames[outcome]).c_str(), counts_[outcome].files);
  }
  line.number("stored", counts_[Stored].instances).number("already", counts_[Already].instances);
  line.number("bytes", counts_[Stored].bytes).seconds("seconds", took).seconds("mb_per_second", rate);
  print(stdout, line.flag("interrupted", interrupted).end());
}

void ImportReport::print_table(double took, double rate, bool interrupted) {
  char text[128];
  std::snprintf(text, sizeof text, "%-14s %9s %10s %10s", "", "files", "instances", "bytes");
  print(stdout, text);
  for (int outcome = 0; outcome < kOutcomes; ++outcome) {
    const Count& c = counts_[outcome];
    if (outcome == Abandoned && c.files == 0) {
      continue;
    }
    const bool has_instances = outcome == Stored || outcome == Already;
    std::snprintf(text, sizeof text, "%-14s %9llu %10s %10s", kOutcomeWords[outcome],
                  static_cast<unsigned long long>(c.files), has_instances ? std::to_string(c.instances).c_str() : "",
                  outcome == Stored ? bytes_text(c.bytes).c_str() : "");
    std::string row = text;
    print(stdout, row.substr(0, row.find_last_not_of(' ') + 1));
  }
  std::snprintf(text, sizeof text, "%s %s, %.1f MB/s", interrupted ? "stopped after" : "took", time_text(took).c_str(),
                rate);
  print(stdout, text);
}

}  // namespace tessera::app
