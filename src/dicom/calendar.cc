#include "dicom/calendar.h"

#include <algorithm>

namespace tessera::dicom {

bool is_calendar_date(std::string_view text) {
  constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (text.size() != 8 || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  const auto two_digits = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  const int year = two_digits(0) * 100 + two_digits(2);
  const int month = two_digits(4);
  const int day = two_digits(6);
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month >= 1 && month <= 12 && day >= 1 && day <= kDays[month - 1] && (month != 2 || day <= 28 || leap);
}

}  // namespace tessera::dicom
