// nearest: which of the known words somebody may have meant. For errors about keys, columns and names.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tessera {

// Insertions, removals and replacements that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known word that takes the fewest; the first of equals, empty when none is known.
std::string_view nearest_of(std::string_view word, std::span<const std::string_view> known);

}  // namespace tessera
