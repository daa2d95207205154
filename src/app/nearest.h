// nearest: which of the known words somebody may have meant. For errors about keys and columns.
#pragma once

#include <cstddef>
#include <string_view>

namespace tessera::app {

// Insertions, removals and replacements that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace tessera::app
