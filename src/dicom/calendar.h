// calendar: which eight digits are a day. Pure function; for dates that people and scanners write and for those that
// are asked for.
#pragma once

#include <string_view>

namespace tessera::dicom {

// yyyyMMdd, a day of the Gregorian calendar: "20240229" is one, "20230229" is not.
bool is_calendar_date(std::string_view text);

}  // namespace tessera::dicom
