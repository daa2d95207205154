#include "base/clock.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace tessera {

std::int64_t SystemClock::wall_millis() const {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::chrono::steady_clock::time_point SystemClock::now() const {
  return std::chrono::steady_clock::now();
}

std::string rfc3339(std::int64_t wall_millis) {
  // Rounded down, also before 1970: milliseconds are never negative.
  const std::int64_t millis = (wall_millis % 1000 + 1000) % 1000;
  const std::time_t seconds = static_cast<std::time_t>((wall_millis - millis) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(millis));
  return text;
}

namespace {

// Digits at the front of `text`, exactly `count` of them; -1 when there are fewer.
int cut_number(std::string_view& text, std::size_t count) {
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') {
      return -1;
    }
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool cut_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// ".1201" as milliseconds, rounded up; nothing there is 0. -1 for a point without digits.
int cut_fraction(std::string_view& text) {
  if (!cut_char(text, ".")) {
    return 0;
  }
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) {
    return -1;
  }
  std::string_view first = text.substr(0, std::min<std::size_t>(digits, 3));
  const bool more = text.substr(0, digits).find_first_not_of('0', 3) < digits;
  const std::size_t given = first.size();
  int millis = cut_number(first, given);
  for (std::size_t i = given; i < 3; ++i) {
    millis *= 10;
  }
  text.remove_prefix(digits);
  return millis + (more ? 1 : 0);
}

// "Z" or "+01:00" as minutes that local time is ahead of UTC; false when there is neither.
bool cut_zone(std::string_view& text, int& minutes) {
  if (cut_char(text, "Zz")) {
    minutes = 0;
    return true;
  }
  const bool behind = text.starts_with('-');
  if (!cut_char(text, "+-")) {
    return false;
  }
  const int hours = cut_number(text, 2);
  const bool colon = cut_char(text, ":");
  const int rest = cut_number(text, 2);
  minutes = (behind ? -1 : 1) * (hours * 60 + rest);
  return colon && hours >= 0 && hours < 24 && rest >= 0 && rest < 60;
}

Status no_time(std::string_view text, const char* why) {
  return Status(Code::InvalidArgument, "'" + std::string(text.substr(0, 64)) + "' " + why +
                                           "; a time is written like 2026-11-23T07:52:15.120Z");
}

}  // namespace

Result<std::int64_t> parse_rfc3339(std::string_view text) {
  std::string_view rest = text;
  const int year = cut_number(rest, 4);
  bool shaped = cut_char(rest, "-");
  const int month = cut_number(rest, 2);
  shaped = cut_char(rest, "-") && shaped;
  const int day = cut_number(rest, 2);
  shaped = cut_char(rest, "Tt ") && shaped;
  const int hour = cut_number(rest, 2);
  shaped = cut_char(rest, ":") && shaped;
  const int minute = cut_number(rest, 2);
  shaped = cut_char(rest, ":") && shaped;
  const int second = cut_number(rest, 2);
  const int millis = cut_fraction(rest);
  if (!shaped || year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0 || millis < 0) {
    return no_time(text, "is no date and time");
  }
  int ahead = 0;
  if (!cut_zone(rest, ahead)) {
    return no_time(text, "has no zone (Z, or an offset like +01:00)");
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!rest.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return no_time(text, "is no date and time");
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute - ahead) * 60 + second) * 1000 + millis;
}

}  // namespace tessera
