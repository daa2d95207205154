#include <cstdio>

#include "app/commands.h"
#include "app/importer.h"
#include "base/file.h"

namespace tessera::app {

namespace {

struct Tally {
  std::uint64_t stored = 0, already = 0, failed = 0, ignored = 0, bytes = 0;
};

void report_file(const ImportedFile& file, Tally& tally) {
  tally.stored += file.stored;
  tally.already += file.already;
  tally.bytes += file.bytes;
  const std::string name = file.path.string();
  if (!file.status.ok()) {
    ++tally.failed;
    std::fprintf(stderr, "%s: failed: %s\n", name.c_str(), std::string(file.status.message()).c_str());
  } else if (file.ignored) {
    ++tally.ignored;
  } else {
    std::printf("%s: %u stored, %u there already%s%s\n", name.c_str(), file.stored, file.already,
                file.contents.empty() ? "" : ": ", file.contents.c_str());
    std::fflush(stdout);
  }
}

int import_all(Destination& destination, const ImportArguments& arguments) {
  Importer importer(destination, arguments.convert);
  Tally tally;
  for (const std::filesystem::path& path : arguments.paths) {
    importer.import(path, [&tally](const ImportedFile& file) { report_file(file, tally); });
  }
  std::printf("imported: %llu instances stored (%.1f MB), %llu there already, %llu files failed, %llu files ignored\n",
              static_cast<unsigned long long>(tally.stored), static_cast<double>(tally.bytes) / 1e6,
              static_cast<unsigned long long>(tally.already), static_cast<unsigned long long>(tally.failed),
              static_cast<unsigned long long>(tally.ignored));
  return tally.failed == 0 ? 0 : 1;
}

int complain(const Status& status) {
  std::fprintf(stderr, "tessera: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int run_import(const ImportArguments& arguments, const Config& config) {
  if (!arguments.server.empty()) {
    std::string token;
    if (!arguments.token_file.empty()) {
      Result<std::string> text = read_file(arguments.token_file, 64 * 1024);
      if (!text.ok()) {
        return complain(text.status());
      }
      token = text->substr(0, text->find_last_not_of("\r\n ") + 1);
    }
    return import_all(*server_destination(arguments.server, token), arguments);
  }
  Log log({.level = LogLevel::Warning, .format = config.log_format});
  auto stack = ArchiveStack::open(config.data, {}, config.upload_lease, log, std::uint64_t{config.min_free_mib} << 20);
  if (!stack.ok()) {
    return complain(stack.status());
  }
  return import_all(*archive_destination(**stack), arguments);
}

}  // namespace tessera::app
