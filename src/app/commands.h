// The commands of the program. Each returns the exit code: 0 done, 1 something failed (and was said on stderr).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/config.h"
#include "convert/converter.h"

namespace tessera::app {

struct ImportArguments {
  std::vector<std::filesystem::path> paths;
  std::string server;      // empty: into config.data
  std::string token_file;  // bearer token for the server
  convert::Options convert;
};

struct ConvertArguments {
  std::filesystem::path slide;
  std::filesystem::path output;
  convert::Options convert;
};

int run_serve(const Config& config);
int run_import(const ImportArguments& arguments, const Config& config);
int run_convert(const ConvertArguments& arguments);

// Reads the command line and runs what it says. 2: it could not be understood.
int run_command_line(int argc, char** argv, char** environment);

}  // namespace tessera::app
