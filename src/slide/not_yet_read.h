// not_yet_read: slide formats that are known and have no reader here, so that a refusal may name them. The
// TIFF-based ones are a Format of their own (formats.h), because the generic reader would get them wrong.
// Used by open_slide() and by the importer's look at a file. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tessera::slide {

// "Zeiss CZI": what a file that is no TIFF is, told by its first bytes, else by its name; empty for what is no
// slide. `first_bytes` may be as few as there are; 64 are enough.
std::string_view unread_format(std::string_view file_name, ByteView first_bytes);

// "Zeiss CZI is not read yet; …": the sentence of every such refusal.
std::string unread_sentence(std::string_view format);

}  // namespace tessera::slide
