// The table of keys. Private to the room.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/config.h"

namespace tessera::app {

struct ConfigKey {
  std::string_view name;     // "log.level"; the environment variable is TESSERA_LOG_LEVEL
  std::string_view meaning;  // one line, with what is allowed
  Status (*set)(Config&, std::string_view key, std::string_view text);
  std::string (*show)(const Config&);  // as TOML
};

std::span<const ConfigKey> config_keys();
const ConfigKey* find_key(std::string_view name);

// The known key that is nearest by edit distance.
std::string_view nearest_key(std::string_view name);

// As print_config writes text.
std::string toml_string(std::string_view text);

std::string environment_name(std::string_view key);

}  // namespace tessera::app
