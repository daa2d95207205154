#include "app/import_flags.h"

#include <CLI/CLI.hpp>

namespace tessera::app {

namespace {

constexpr unsigned kMostJobs = 256;
constexpr unsigned kMostRetries = 100;
constexpr double kMostSeconds = 86'400;

void add_watch_flags(CLI::App& command, ImportArguments& arguments) {
  CLI::Option* watch = command.add_option("--watch", arguments.watch,
                                          "keep going: import what arrives in this folder and below, until SIGTERM");
  command.add_option("--done", arguments.done, "with --watch: move what was imported here (else it stays)")
      ->needs(watch);
  command
      .add_option(
          "--errors", arguments.errors,
          "with --watch: move what cannot be imported here, with the reason beside it (default DIR/.tessera-errors)")
      ->needs(watch);
  command
      .add_option("--state", arguments.state,
                  "with --watch: the file that remembers what was imported (default DIR/.tessera-imported)")
      ->needs(watch);
  command
      .add_option("--settle", arguments.settle_seconds,
                  "with --watch: seconds a file must stand still to be whole (default 3)")
      ->needs(watch)
      ->check(CLI::Range(0.0, kMostSeconds));
  command
      .add_option("--rescan", arguments.rescan_seconds,
                  "with --watch: seconds between looks at the whole folder (default 30)")
      ->needs(watch)
      ->check(CLI::Range(0.1, kMostSeconds));
}

}  // namespace

void add_import_flags(CLI::App& command, ImportArguments& arguments) {
  command.add_option("PATH", arguments.paths, "files and folders");
  CLI::Option* server =
      command.add_option("--server", arguments.server,
                         "send to this DICOMweb server instead of a data folder (http://HOST:PORT, https://HOST)");
  command.add_option("--token-file", arguments.token_file, "file with the bearer token for --server")->needs(server);
  command
      .add_option("--server-ca", arguments.server_ca,
                  "PEM file with the authority of an https --server's certificate (default: whom this machine trusts)")
      ->needs(server)
      ->check(CLI::ExistingFile);
  command.add_option("--retries", arguments.retries, "tries after a server was busy or gone (default 5)")
      ->needs(server)
      ->check(CLI::Range(0u, kMostRetries));
  command.add_option("--partition", arguments.partition, "the data partition to import into, made when missing");
  command.add_option("-j,--jobs", arguments.jobs, "files at once (default: one per core)")
      ->check(CLI::Range(1u, kMostJobs));
  command.add_option("--sheet", arguments.sheet, "CSV file with patient, case and stain of each slide (doc/import.md)");
  command.add_flag("--sheet-strict", arguments.sheet_strict, "with --sheet: a slide without a row fails");
  command.add_flag("--move", arguments.move, "remove DICOM files once they are stored; slides stay");
  CLI::Option* json = command.add_flag("--json", arguments.json, "one JSON object per file on stdout, a summary last");
  command.add_flag("--quiet", arguments.quiet, "say only what failed")->excludes(json);
  add_watch_flags(command, arguments);
}

}  // namespace tessera::app
