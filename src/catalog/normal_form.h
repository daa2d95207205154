// Normal forms: what text is compared by, the same on every database (design §4.11). Made once when a row is written
// and once per query value. Pure functions over UTF-8; bytes that are no UTF-8 are kept as they are.
#pragma once

#include <string>
#include <string_view>

namespace tessera::catalog {

// Strings: case does not count, accents do (service-api §3).
std::string normal_text(std::string_view utf8);

// Person names: neither case nor accents count, nor empty components at the end ("Doe^Jane^^^" is "Doe^Jane").
std::string normal_name(std::string_view utf8);

// The words of a name for fuzzy matching, each after one blank: " doe jane".
std::string name_words(std::string_view utf8);

}  // namespace tessera::catalog
