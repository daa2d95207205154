// text: makes what vendors wrote fit a DICOM value, and refuses what an operator wrote where it does not fit.
//
// Vendors' text is of unknown encoding and length: it is mended, because a slide is not to be refused for a
// stray byte in a scanner's name. Operators' text is checked, because a cut patient name would be wrong
// without a word.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace tessera::convert {

// Valid UTF-8 of at most `limit` characters: invalid bytes become '?', control characters spaces, backslashes
// (value separators) slashes; outer spaces go.
std::string mended(std::string_view text, std::size_t limit);

// InvalidArgument naming `option` unless `text` is valid UTF-8 of at most `limit` characters without control
// characters and backslashes.
Status check_text(std::string_view option, std::string_view text, std::size_t limit);

}  // namespace tessera::convert
