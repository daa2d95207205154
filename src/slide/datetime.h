// datetime: dates that vendors' XML writes as ISO 8601, as DICOM's DT. Pure function.
#pragma once

#include <string>
#include <string_view>

namespace tessera::slide {

// "2013-09-25T15:25:57.45Z" to "20130925152557+0000", "2013-09-25T15:25:57+02:00" to "20130925152557+0200", and
// without a zone where there is none; empty for anything else. Fractions of a second are dropped.
std::string datetime_from_iso(std::string_view text);

}  // namespace tessera::slide
