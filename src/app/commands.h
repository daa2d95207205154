// The commands of the program. Each returns the exit code: 0 done, 1 something failed (and was said on stderr), 2 the
// command line could not be understood, 130 stopped by a signal before the work was done.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/config.h"
#include "convert/converter.h"
#include "convert/demo_slide.h"

namespace tessera::app {

struct ImportArguments {
  std::vector<std::filesystem::path> paths;
  std::string server;      // empty: into config.data
  std::string token_file;  // bearer token for the server
  std::string server_ca;   // PEM file: who vouches for the server; empty: whom the machine trusts
  std::string partition;   // empty: the default one
  convert::Options convert;
  std::filesystem::path sheet;  // CSV with labels
  bool sheet_strict = false;
  unsigned jobs = 0;  // 0: one per core
  unsigned retries = 5;
  bool move = false;
  bool json = false;
  bool quiet = false;
  std::filesystem::path watch;                // empty: import and end
  std::filesystem::path done, errors, state;  // of watch; empty: see watcher.h
  double settle_seconds = 3;
  double rescan_seconds = 30;
};

struct ConvertArguments {
  std::filesystem::path slide;
  std::filesystem::path output;
  convert::Options convert;
};

struct DemoArguments {
  std::filesystem::path output;
  convert::DemoOptions demo;  // threads 0: as many as there are cores
};

struct CheckArguments {
  std::vector<std::filesystem::path> paths;
  bool json = false;
};

int run_serve(const Config& config);
int run_import(const ImportArguments& arguments, const Config& config);
int run_convert(const ConvertArguments& arguments);
int run_demo(const DemoArguments& arguments);
// 0: no errors; 1: errors were found; 2: something could not be read.
int run_check(const CheckArguments& arguments);

// Every route with its action, as JSON: for tests that go by the table.
int run_routes();

// Reads the command line and runs what it says. 2: it could not be understood.
int run_command_line(int argc, char** argv, char** environment);

}  // namespace tessera::app
