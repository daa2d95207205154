// `tessera import`: parts as plain variables in build order, as serve.cc does it.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <thread>

#include "app/audit.h"
#include "app/commands.h"
#include "app/import_jobs.h"
#include "app/sheet.h"
#include "app/watcher.h"
#include "archive/partitions.h"
#include "base/file.h"
#include "convert/identity.h"
#include "sandbox/worker_pool.h"
#include "slide/sandboxed_pixels.h"

namespace tessera::app {

namespace {

constexpr int kUsage = 2;
constexpr std::size_t kLinesNamed = 20;

int complain(const Status& status, int exit_code = 1) {
  std::fprintf(stderr, "tessera: %s\n", std::string(status.message()).c_str());
  return exit_code;
}

Millis millis_of(double seconds) {
  return Millis(static_cast<Millis::rep>(seconds * 1000));
}

Status check_arguments(const ImportArguments& arguments) {
  if (arguments.paths.empty() && arguments.watch.empty()) {
    return Status(Code::InvalidArgument, "import: nothing to import: give PATHs, or a folder to --watch");
  }
  if (arguments.sheet_strict && arguments.sheet.empty()) {
    return Status(Code::InvalidArgument, "import: --sheet-strict wants a --sheet");
  }
  return convert::check_options(arguments.convert).while_doing("import");
}

Result<std::string> read_token(const std::string& file) {
  if (file.empty()) {
    return std::string();
  }
  TRY_ASSIGN(const std::string text, read_file(file, 64 * 1024));
  return text.substr(0, text.find_last_not_of("\r\n ") + 1);
}

Result<Sheet> read_sheet(const ImportArguments& arguments) {
  TRY_ASSIGN(const std::string text, read_file(arguments.sheet, Sheet::kMaxBytes));
  auto sheet = Sheet::parse(text, arguments.convert);
  if (!sheet.ok()) {
    return sheet.status().while_doing("sheet '" + arguments.sheet.string() + "'");
  }
  return sheet;
}

// Counts what there is to import while the import runs, for the line on the terminal.
class Counting {
 public:
  Counting(FileWalk walk, ImportReport& report, const StopSignal& stop)
      : thread_([walk = std::move(walk), &report, &stop, this]() mutable {
          constexpr std::uint64_t kAtOnce = 64;
          std::uint64_t files = 0, bytes = 0;
          for (FoundFile file; !stop.stopped() && !ended_.load() && walk.next(file);) {
            ++files;
            bytes += file.bytes;
            if (files == kAtOnce) {
              report.expect(files, bytes, false);
              files = bytes = 0;
            }
          }
          report.expect(files, bytes, true);
        }) {}
  ~Counting() {
    ended_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

unsigned jobs_of(const ImportArguments& arguments) {
  return arguments.jobs == 0 ? std::max(std::thread::hardware_concurrency(), 1u) : arguments.jobs;
}

void note_unused_rows(const Sheet& sheet, ImportReport& report) {
  const std::vector<unsigned> lines = sheet.unused_lines();
  if (lines.empty()) {
    return;
  }
  std::string text = std::to_string(lines.size()) +
                     (lines.size() == 1 ? " row of the sheet is" : " rows of the sheet are") +
                     " about no slide that was found: line";
  for (std::size_t i = 0; i < lines.size() && i < kLinesNamed; ++i) {
    text += (i == 0 ? " " : ", ") + std::to_string(lines[i]);
  }
  report.note({}, text + (lines.size() > kLinesNamed ? ", …" : ""));
}

class ImportCommand {
 public:
  ImportCommand(const ImportArguments& arguments, std::vector<std::filesystem::path> without, Sheet* sheet)
      : arguments_(arguments), without_(std::move(without)), sheet_(sheet) {
    rules_.convert = arguments.convert;
    rules_.sheet = sheet;
    rules_.sheet_is_strict = arguments.sheet_strict;
    rules_.move = arguments.move;
    rules_.retries = arguments.retries;
    rules_.decoders = std::make_shared<sandbox::WorkerPool>(
        slide::kTiffPixelsWorker, sandbox::WorkerPool::Options{.workers = jobs_of(arguments)});
  }

  int run(const ImportJobs::MakeDestination& make, const StopSignal& stop) {
    using Style = ImportReport::Style;
    const bool watches = !arguments_.watch.empty();
    ImportReport report(arguments_.json ? Style::Json : arguments_.quiet ? Style::Quiet : Style::People, watches);
    ImportJobs jobs(jobs_of(arguments_), make, rules_, report, stop);
    import_paths(jobs, report, stop);
    if (sheet_ != nullptr && !watches && !stop.stopped()) {
      note_unused_rows(*sheet_, report);
    }
    Status watched;
    if (watches && !stop.stopped()) {
      watched = watch(jobs, report, stop);
    }
    const bool interrupted = stop.stopped() && !watches;
    report.summary(interrupted);
    if (!watched.ok()) {
      return complain(watched);
    }
    // A watch ends by a signal; that is no failure of it, nor are the files it set aside.
    return interrupted ? StopSignal::kExitCode : report.failed() == 0 || watches ? 0 : 1;
  }

 private:
  void import_paths(ImportJobs& jobs, ImportReport& report, const StopSignal& stop) {
    if (arguments_.paths.empty()) {
      return;
    }
    const Counting counting(FileWalk(arguments_.paths, without_), report, stop);
    FileWalk walk(arguments_.paths, without_);
    jobs.run(walk);
  }

  Status watch(ImportJobs& jobs, ImportReport& report, const StopSignal& stop) {
    WatchOptions options{arguments_.watch,
                         arguments_.done,
                         arguments_.errors,
                         arguments_.state,
                         millis_of(arguments_.settle_seconds),
                         millis_of(arguments_.rescan_seconds)};
    TRY_ASSIGN(const auto watcher, Watcher::open(std::move(options), without_, jobs, report, stop));
    watcher->run();
    return {};
  }

  const ImportArguments& arguments_;
  const std::vector<std::filesystem::path> without_;
  Sheet* sheet_;
  ImportRules rules_;
};

int import_to_server(ImportCommand& command, const ImportArguments& arguments, const StopSignal& stop) {
  const Result<std::string> url = dicomweb_root(arguments.server, arguments.partition);
  const Result<std::string> token = read_token(arguments.token_file);
  if (!url.ok() || !token.ok()) {
    return complain(url.ok() ? token.status() : url.status(), url.ok() ? 1 : kUsage);
  }
  return command.run([&] { return server_destination(*url, *token, arguments.server_ca); }, stop);
}

Result<std::int64_t> partition_key(ArchiveStack& stack, const std::string& name) {
  if (name.empty()) {
    return catalog::kDefaultPartition;
  }
  return archive::ensure_partition(stack.partitions, *stack.folder.blobs, name);
}

int import_to_folder(ImportCommand& command, const ImportArguments& arguments, const Config& config,
                     const StopSignal& stop) {
  Log log({.level = LogLevel::Warning, .format = config.log_format});
  auto stack = ArchiveStack::open(config.data, {}, config.upload_lease, log, std::uint64_t{config.min_free_mib} << 20);
  if (!stack.ok()) {
    return complain(stack.status());
  }
  const Result<std::int64_t> partition = partition_key(**stack, arguments.partition);
  if (!partition.ok()) {
    return complain(partition.status());
  }
  const auto audit = open_audit(config, log);
  if (!audit.ok()) {
    return complain(audit.status());
  }
  const ArchivePartition into{*partition, arguments.partition};
  return command.run([&] { return archive_destination(**stack, into, audit->get()); }, stop);
}

}  // namespace

int run_import(const ImportArguments& arguments, const Config& config) {
  const Status checked = check_arguments(arguments);
  if (!checked.ok()) {
    return complain(checked, kUsage);
  }
  const StopSignal stop;
  std::optional<Sheet> sheet;
  if (!arguments.sheet.empty()) {
    auto read = read_sheet(arguments);
    if (!read.ok()) {
      return complain(read.status());
    }
    sheet = std::move(*read);
  }
  // What is stored is nothing to import.
  ImportCommand command(arguments, {config.data}, sheet ? &*sheet : nullptr);
  return arguments.server.empty() ? import_to_folder(command, arguments, config, stop)
                                  : import_to_server(command, arguments, stop);
}

}  // namespace tessera::app
