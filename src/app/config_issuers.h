// [[auth.issuers]] of the configuration file. Private to the room.
#pragma once

#include <string>

#include "app/config.h"
#include "base/toml.h"

namespace tessera::app {

Status read_issuers(Config& config, const toml::node& node);

// As TOML, secrets masked.
std::string print_issuers(const Config& config);

}  // namespace tessera::app
