#include "slide/datetime.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "dicom/calendar.h"
#include "slide/xml.h"

namespace tessera::slide {

namespace {

struct Field {
  std::size_t at, length;
  std::uint64_t least, most;
  char before;  // the character in front of it
};

constexpr std::array<Field, 6> kFields = {{{0, 4, 1, 9999, '\0'},
                                           {5, 2, 1, 12, '-'},
                                           {8, 2, 1, 31, '-'},
                                           {11, 2, 0, 23, 'T'},
                                           {14, 2, 0, 59, ':'},
                                           {17, 2, 0, 60, ':'}}};
constexpr std::size_t kWithoutFraction = 19;
constexpr std::size_t kDate = 8;
constexpr std::size_t kLongestFraction = 7;  // its point included

// "Z", "+02:00" or "-0500" to "+0000", "+0200", "-0500"; empty for anything else.
std::string zone_in(std::string_view text) {
  if (text == "Z") {
    return "+0000";
  }
  if (text.empty() || (text[0] != '+' && text[0] != '-')) {
    return {};
  }
  std::string zone(text);
  if (zone.size() == 6 && zone[3] == ':') {
    zone.erase(3, 1);
  }
  const auto hours = whole_in(std::string_view(zone).substr(1, 2));
  const auto minutes = zone.size() == 5 ? whole_in(std::string_view(zone).substr(3)) : std::nullopt;
  return hours && minutes && *hours <= (zone[0] == '+' ? 14u : 12u) && *minutes < 60 ? zone : std::string();
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// HH, HHmm, HHmmss or HHmmss.FFFFFF, without a fraction of zeros; empty for anything else.
std::string time_in(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view fraction = text.substr(whole.size());
  const bool shaped = !whole.empty() && whole.size() % 2 == 0 && whole.size() <= 6 && all_digits(whole) &&
                      (fraction.empty() || (whole.size() == 6 && fraction.size() > 1 &&
                                            fraction.size() <= kLongestFraction && all_digits(fraction.substr(1))));
  const auto in_range = [&](std::size_t at, std::uint64_t most) {
    return whole.size() <= at || whole_in(whole.substr(at, 2)).value_or(most + 1) <= most;
  };
  if (!shaped || !in_range(0, 23) || !in_range(2, 59) || !in_range(4, 60)) {
    return {};
  }
  return std::string(fraction.find_first_not_of(".0") == std::string_view::npos ? whole : text);
}

}  // namespace

std::string datetime_from_iso(std::string_view text) {
  text = trimmed(text);
  if (text.size() < kWithoutFraction) {
    return {};
  }
  std::string out;
  for (const Field& field : kFields) {
    const std::string_view digits = text.substr(field.at, field.length);
    const auto value = whole_in(digits);
    if (!value || digits != trimmed(digits) || *value < field.least || *value > field.most ||
        (field.at > 0 && text[field.at - 1] != field.before)) {
      return {};
    }
    out += digits;
  }
  if (!dicom::is_calendar_date(std::string_view(out).substr(0, kDate))) {
    return {};
  }
  const std::size_t zone = text.find_first_not_of(".0123456789", kWithoutFraction);
  return out + (zone == std::string_view::npos ? std::string() : zone_in(text.substr(zone)));
}

std::string datetime_from_tiff(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(text.c_str(), "%4d:%2d:%2d %2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6 ||
      std::min({year - 1900, month, day, hour, minute, second}) < 0) {
    return {};
  }
  char out[80];
  std::snprintf(out, sizeof out, "%04d%02d%02d%02d%02d%02d", year, month, day, hour, minute, second);
  const std::string moment = datetime_from_dicom(out);
  return moment.size() > kDate ? moment : std::string();
}

std::string datetime_from_dicom(std::string_view text) {
  text = trimmed(text);
  if (!dicom::is_calendar_date(text.substr(0, kDate))) {
    return {};
  }
  const std::string date(text.substr(0, kDate));
  const std::string_view rest = text.substr(kDate);
  const std::size_t zone = std::min(rest.find_first_of("+-"), rest.size());
  const std::string time = time_in(rest.substr(0, zone));
  return time.empty() ? date : date + time + zone_in(rest.substr(zone));
}

}  // namespace tessera::slide
