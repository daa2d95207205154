// datetime: moments as vendors write them, as DICOM's DT; empty for what is none, because a wrong date is worse than
// the stand-in of an unknown one. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tessera::slide {

// "2013-09-25T15:25:57.45Z" to "20130925152557+0000", "2013-09-25T15:25:57+02:00" to "20130925152557+0200", and
// without a zone where there is none; empty for anything else. Fractions of a second are dropped.
std::string datetime_from_iso(std::string_view text);

// TIFF's "2009:12:29 09:59:15" to "20091229095915"; empty for anything else.
std::string datetime_from_tiff(const std::string& text);

// What claims to be a DT already: the date, then as much of time and zone as is one. An all-zero fraction goes.
// "20130718122300.000000" to "20130718122300", "20130718 noon" to "20130718"; empty without a day of the calendar.
std::string datetime_from_dicom(std::string_view text);

}  // namespace tessera::slide
