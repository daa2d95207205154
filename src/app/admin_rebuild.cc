#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "app/admin.h"
#include "app/audit.h"
#include "archive/catalog_swap.h"
#include "archive/data_folder.h"
#include "archive/rebuild.h"
#include "catalog/keys.h"

namespace tessera::app {

namespace {

unsigned long long printable(std::uint64_t number) {
  return number;
}

// One line that is written over, on a terminal only.
class ProgressLine {
 public:
  void show(const archive::RebuildReport& report, const Clock& clock) {
    const auto now = clock.now();
    if (!terminal_ || now - last_ < std::chrono::milliseconds(250)) {
      return;
    }
    last_ = now;
    std::fprintf(stderr, "\r%llu of %llu files read, %.1f MB", printable(report.read), printable(report.found),
                 static_cast<double>(report.bytes) / 1e6);
    shown_ = true;
  }
  void end() {
    if (shown_) {
      std::fputs("\r\033[K", stderr);
    }
    shown_ = false;
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

// API keys are in no blob: they come from the old catalog, where that can be read.
void carry_keys_over(const std::filesystem::path& old_path, catalog::Database& made) {
  std::error_code error;
  if (!std::filesystem::exists(old_path, error)) {
    return;
  }
  const SystemClock clock;
  Status status;
  std::size_t count = 0;
  if (auto old = catalog::open_sqlite(old_path.string()); old.ok()) {
    const auto copied = catalog::Keys(**old, clock).copy_to(made);
    status = copied.status();
    count = copied.ok() ? *copied : 0;
  } else {
    status = old.status();
  }
  if (status.ok()) {
    std::printf("API keys kept: %zu\n", count);
  } else {
    std::fprintf(stderr, "the old catalog's API keys could not be read (%s): make them again (tessera admin keys)\n",
                 std::string(status.message()).c_str());
  }
}

Result<archive::RebuildReport> rebuild(const Config& config, bool force, ProgressLine& line) {
  TRY_ASSIGN(const archive::LoneFolder folder, archive::open_folder_alone(config.data));
  std::error_code error;
  if (!force && std::filesystem::exists(archive::catalog_path(folder.path), error)) {
    return Status(Code::AlreadyExists,
                  "'" + archive::catalog_path(folder.path).string() +
                      "' is there; --force makes a new one and keeps it as catalog.replaced.sqlite");
  }
  const SystemClock clock;
  archive::RebuildOptions options;
  options.threads = std::max(2u, std::thread::hardware_concurrency());
  options.on_problem = [&line](const std::string& key, const Status& why) {
    line.end();
    std::fprintf(stderr, "%s: %s\n", key.c_str(), std::string(why.message()).c_str());
  };
  options.on_progress = [&](const archive::RebuildReport& so_far) { line.show(so_far, clock); };
  TRY_ASSIGN(auto database, archive::open_catalog_beside(folder.path));
  TRY_ASSIGN(const archive::RebuildReport report, archive::rebuild_catalog(*folder.blobs, *database, clock, options));
  line.end();
  carry_keys_over(archive::catalog_path(folder.path), *database);
  database.reset();
  RETURN_IF_ERROR(archive::put_catalog_in_place(folder.path));
  return report;
}

// Only a data folder gets a trail: a wrong path leaves nothing behind.
Result<archive::RebuildReport> rebuild_audited(const Config& config, bool force, ProgressLine& line) {
  std::error_code error;
  if (!std::filesystem::exists(config.data / "FORMAT", error)) {
    return rebuild(config, force, line);
  }
  Log log({.level = LogLevel::Warning, .format = config.log_format});
  TRY_ASSIGN(const auto audit, open_audit(config, log));
  auto report = rebuild(config, force, line);
  auth::AuditObject what;
  if (report.ok()) {
    what.number("instances", report->instances - report->replaced).number("problems", report->problems);
  }
  RETURN_IF_ERROR(audit_command(audit.get(), "rebuild", report.status(), what.take()));
  return report;
}

void print_report(const archive::RebuildReport& report) {
  std::printf("rebuilt: %llu instances from %llu files (%.1f MB) in %llu partitions\n",
              printable(report.instances - report.replaced), printable(report.found),
              static_cast<double>(report.bytes) / 1e6, printable(report.partitions));
  std::printf("sidecars made again: %llu\n", printable(report.sidecars_made));
  std::printf("deleted or replaced, to be reclaimed by the next sweep: %llu\n", printable(report.garbage));
  std::printf("could not be restored and kept as they are: %llu\n", printable(report.problems));
  std::printf(
      "A file that was whole when its upload was cut off before the answer cannot be told from a stored one: "
      "if there are such, they are shown now.\n");
}

}  // namespace

int run_rebuild_catalog(const Config& config, bool force) {
  ProgressLine line;
  const auto report = rebuild_audited(config, force, line);
  line.end();
  if (!report.ok()) {
    std::fprintf(stderr, "tessera: rebuild the catalog: %s\n", std::string(report.status().message()).c_str());
    return 1;
  }
  print_report(*report);
  return report->problems == 0 ? 0 : 1;
}

}  // namespace tessera::app
