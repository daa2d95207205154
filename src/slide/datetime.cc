#include "slide/datetime.h"

#include <array>

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
  const std::size_t zone = text.find_first_not_of(".0123456789", kWithoutFraction);
  return out + (zone == std::string_view::npos ? std::string() : zone_in(text.substr(zone)));
}

}  // namespace tessera::slide
