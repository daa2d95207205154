// `tessera admin …`: what is done to a data folder by hand. Exit codes as in commands.h; what goes on is told on
// stdout, what needs attention on stderr.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/config.h"

namespace tessera::app {

struct GcArguments {
  bool dry_run = false;
  bool orphan_images = false;  // whole images that no row names go, too
  std::uint32_t older_than_hours = 24;
};

// Refuses while anybody else has the folder open, and where a catalog is there unless `force`. 1 also when something
// was found that could not be restored: it is named, and kept.
int run_rebuild_catalog(const Config& config, bool force);

// Works beside a running server.
int run_gc(const Config& config, const GcArguments& arguments);

struct KeyArguments {
  std::string name;
  std::vector<std::string> roles;
  std::string expires;  // "2027-01-31" (through that day, UTC) or a number of days; empty: never
};

// API keys. All work beside a running server, which follows within two seconds.
int run_add_key(const Config& config, const KeyArguments& arguments);
int run_list_keys(const Config& config);
int run_revoke_key(const Config& config, const KeyArguments& arguments);

}  // namespace tessera::app
