#include "dicom/checks_values.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "dicom/checks_rules.h"

namespace tessera::dicom {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}
int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_code_string(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c) || c == ' ' || c == '_'; });
}

bool is_date(std::string_view text) {
  const bool shape = text.size() == 8 && digits(text);
  return shape && number(text.substr(4, 2)) >= 1 && number(text.substr(4, 2)) <= 12 && number(text.substr(6)) >= 1 &&
         number(text.substr(6)) <= 31;
}

// HH[MM[SS[.F…]]]
bool is_time(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  if (!digits(whole) || whole.size() > 6 || whole.size() % 2 != 0) {
    return false;
  }
  if (dot != text.npos && (whole.size() != 6 || !digits(text.substr(dot + 1)) || text.size() - dot > 7)) {
    return false;
  }
  return number(whole.substr(0, 2)) <= 23 && (whole.size() < 4 || number(whole.substr(2, 2)) <= 59) &&
         (whole.size() < 6 || number(whole.substr(4, 2)) <= 60);
}

// YYYY[MM[DD[time]]][&ZZXX]
bool is_date_time(std::string_view text) {
  const std::size_t zone = text.find_first_of("+-");
  const std::string_view local = text.substr(0, zone);
  const bool zone_fits = zone == text.npos || (text.size() - zone == 5 && digits(text.substr(zone + 1)));
  const bool date_fits = digits(local.substr(0, 8)) && (local.size() == 4 || local.size() == 6 || local.size() >= 8);
  return zone_fits && date_fits && (local.size() < 8 || is_date(local.substr(0, 8))) &&
         (local.size() <= 8 || is_time(local.substr(8)));
}

bool is_decimal(std::string_view text) {
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && text.find_first_of("nN") == text.npos;
}

bool is_integer(std::string_view text) {
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  std::int32_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// Components without leading zeros (PS3.5 9.1).
bool is_uid(std::string_view text) {
  if (text.empty() || text.size() > 64) {
    return false;
  }
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (!digits(part) || (part.size() > 1 && part.front() == '0')) {
      return false;
    }
    if (dot == text.npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
}

bool is_age(std::string_view text) {
  return text.size() == 4 && digits(text.substr(0, 3)) && std::string_view("DWMY").find(text[3]) != text.npos;
}

// Three groups of five components. Of other bytes than ASCII some may be parts of characters: they are not taken apart.
bool is_person_name(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 127; })) {
    return true;
  }
  int groups = 0;
  for (std::size_t at = 0; at <= text.size(); ++groups) {
    const std::size_t end = std::min(text.find('=', at), text.size());
    const std::string_view group = text.substr(at, end - at);
    if (group.size() > 64 || std::count(group.begin(), group.end(), '^') > 4) {
      return false;
    }
    at = end + 1;
  }
  return groups <= 3;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

struct TextRule {
  Vr vr;
  std::size_t longest;  // characters of one value
  bool (*fits)(std::string_view);
  const char* shape;
};
constexpr TextRule kTextRules[] = {
    {Vr::AE, 16, nullptr, ""},
    {Vr::AS, 4, is_age, "no age (nnnD, nnnW, nnnM, nnnY)"},
    {Vr::CS, 16, is_code_string, "other characters than A-Z, 0-9, space and underscore"},
    {Vr::DA, 8, is_date, "no date (YYYYMMDD)"},
    {Vr::DS, 16, is_decimal, "no decimal number"},
    {Vr::DT, 26, is_date_time, "no date and time"},
    {Vr::IS, 12, is_integer, "no whole number"},
    {Vr::LO, 64, nullptr, ""},
    {Vr::PN, 3 * 64 + 2, is_person_name, "no person's name (3 groups of 5 components, 64 characters each)"},
    {Vr::SH, 16, nullptr, ""},
    {Vr::TM, 14, is_time, "no time (HHMMSS.FFFFFF)"},
    {Vr::UI, 64, is_uid, "no UID"},
};

std::string_view trimmed(std::string_view text, Vr vr) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) {
    text.remove_suffix(1);
  }
  while (vr != Vr::UI && !text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  return text;
}

std::string text_problem(const TextRule& rule, std::string_view value) {
  // An escape may hide a backslash inside a character (PS3.5 6.1.2.4): such values are not taken apart.
  if (value.find('\x1b') != value.npos) {
    return "";
  }
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find('\\', at), value.size());
    const std::string_view one = trimmed(value.substr(at, end - at), rule.vr);
    at = end + 1;
    if (one.empty()) {
      continue;
    }
    if (characters(one) > rule.longest) {
      return "\"" + printable(one) + "\" is " + std::to_string(characters(one)) + " characters long, " +
             std::string(vr_name(rule.vr)) + " has at most " + std::to_string(rule.longest);
    }
    if (rule.fits && !rule.fits(one)) {
      return "\"" + printable(one) + "\" is " + rule.shape;
    }
  }
  return "";
}

}  // namespace

std::string value_problem(Vr vr, ByteView value) {
  const VrRow& row = vr_row(vr);
  if (row.unit > 1 && value.size() % row.unit != 0) {
    return std::to_string(value.size()) + " bytes are no whole number of " + std::string(vr_name(vr)) + " values of " +
           std::to_string(row.unit);
  }
  for (const TextRule& rule : kTextRules) {
    if (rule.vr == vr) {
      return text_problem(rule, as_text(value));
    }
  }
  return "";
}

}  // namespace tessera::dicom
