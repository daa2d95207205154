#include "dicom/json_values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <type_traits>

#include "dicom/json.h"
#include "dicom/utf8.h"

namespace tessera::dicom {
namespace {

template <class T>
void append_chars(std::string& out, T value) {
  std::array<char, 32> room;
  const auto end = std::to_chars(room.data(), room.data() + room.size(), value);
  out.append(room.data(), end.ptr);
}

// All readers of JSON have doubles, so FL is written as the double it is: the shortest text that names a float is
// another double. JSON has no infinite numbers: F.2.3's readers (fo-dicom, dcmjs, Python) know these spellings.
void append_float(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    append_chars(out, value);
  }
}

template <class T>
void append_long(std::string& out, T value) {
  constexpr T kExact = (T{1} << 53) - 1;  // the largest integer that every JSON reader keeps
  bool exact = value <= kExact;
  if constexpr (std::is_signed_v<T>) {
    exact = exact && value >= -kExact;
  }
  out += exact ? "" : "\"";
  append_chars(out, value);
  out += exact ? "" : "\"";
}

void append_tag_value(std::string& out, const std::uint8_t* at) {
  const Tag tag(load_le<std::uint16_t>(at), load_le<std::uint16_t>(at + 2));
  out += '"';
  out += tag.hex();
  out += '"';
}

void append_binary_value(std::string& out, Vr vr, const std::uint8_t* at) {
  switch (vr) {
    case Vr::AT:
      return append_tag_value(out, at);
    case Vr::US:
      return append_chars(out, load_le<std::uint16_t>(at));
    case Vr::SS:
      return append_chars(out, load_le<std::int16_t>(at));
    case Vr::UL:
      return append_chars(out, load_le<std::uint32_t>(at));
    case Vr::SL:
      return append_chars(out, load_le<std::int32_t>(at));
    case Vr::UV:
      return append_long(out, load_le<std::uint64_t>(at));
    case Vr::SV:
      return append_long(out, load_le<std::int64_t>(at));
    case Vr::FL:
      return append_float(out, load_le<float>(at));
    case Vr::FD:
      return append_float(out, load_le<double>(at));
    default:
      out += "null";
  }
}

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') {
    ++count;
  }
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take(std::string_view& text, char c) {
  const bool there = !text.empty() && text.front() == c;
  text.remove_prefix(there ? 1 : 0);
  return there;
}

// The exponent part of `text` into `number`; false when it is malformed.
bool take_exponent(std::string_view& text, std::string& number) {
  if (!take(text, 'e') && !take(text, 'E')) {
    return true;
  }
  number += 'e';
  if (take(text, '-')) {
    number += '-';
  } else {
    take(text, '+');
  }
  const std::string_view digits = take_digits(text);
  number += digits;
  return !digits.empty();
}

// A decimal string in JSON's grammar, digit for digit ("+.50" is 0.50); empty when it is no number, or none a
// double can come near to.
std::string json_number(std::string_view text) {
  std::string number = take(text, '-') ? "-" : "";
  if (number.empty()) {
    take(text, '+');
  }
  std::string_view whole = take_digits(text);
  const std::string_view fraction = take(text, '.') ? take_digits(text) : std::string_view();
  if (whole.empty() && fraction.empty()) {
    return {};
  }
  while (!whole.empty() && whole.front() == '0') {
    whole.remove_prefix(1);
  }
  number += whole.empty() ? "0" : whole;
  if (!fraction.empty()) {
    number += '.';
    number += fraction;
  }
  if (!take_exponent(text, number) || !text.empty()) {
    return {};
  }
  double value = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
  return read.ec == std::errc() ? number : std::string();
}

std::string_view without_trailing_spaces(std::string_view text) {
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

// PS3.5 6.2.1: alphabetic=ideographic=phonetic.
void append_person_name(std::string& out, std::string_view name) {
  constexpr std::array<std::string_view, 3> kGroups = {"\"Alphabetic\":", "\"Ideographic\":", "\"Phonetic\":"};
  const std::size_t start = out.size();
  for (const std::string_view group : kGroups) {
    const std::size_t end = name.find('=');
    const std::string_view text = without_trailing_spaces(name.substr(0, end));
    if (!text.empty()) {
      out += out.size() == start ? '{' : ',';
      out += group;
      append_json_string(out, text);
    }
    if (end == std::string_view::npos) {
      break;
    }
    name.remove_prefix(end + 1);
  }
  out += out.size() == start ? "null" : "}";
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80 && c != '"' && c != '\\';
}

}  // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out += '"';
  while (!utf8.empty()) {
    std::size_t plain = 0;
    while (plain < utf8.size() && is_plain(utf8[plain])) {
      ++plain;
    }
    out += utf8.substr(0, plain);
    utf8.remove_prefix(plain);
    if (utf8.empty()) {
      break;
    }
    const std::size_t length = utf8_length(utf8);
    if (length == 0) {
      out += kReplacementCharacter;
    } else if (length == 1) {
      append_escaped(out, utf8.front());
    } else {
      out += utf8.substr(0, length);
    }
    utf8.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_member_begin(std::string& out, Tag tag, Vr vr) {
  out += '"';
  out += tag.hex();
  out += "\":{\"vr\":\"";
  out += vr_name(vr);
  out += '"';
}

void append_text_value(std::string& out, Vr vr, std::string_view utf8) {
  if (utf8.empty()) {
    out += "null";
  } else if (vr == Vr::PN) {
    append_person_name(out, utf8);
  } else {
    const std::string number = vr == Vr::IS || vr == Vr::DS ? json_number(utf8) : std::string();
    number.empty() ? append_json_string(out, utf8) : static_cast<void>(out += number);
  }
}

std::size_t append_binary_values(std::string& out, Vr vr, ByteView bytes) {
  const std::size_t unit = vr_row(vr).unit;
  if (unit == 0) {
    return bytes.size();
  }
  const std::size_t end = bytes.size() - bytes.size() % unit;
  for (std::size_t at = 0; at < end; at += unit) {
    out += at == 0 ? "" : ",";
    append_binary_value(out, vr, bytes.data() + at);
  }
  return bytes.size() - end;
}

void append_integer(std::string& out, Vr vr, std::int64_t value) {
  vr == Vr::SV || vr == Vr::UV ? append_long(out, value) : append_chars(out, value);
}

void append_base64(std::string& out, ByteView bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[at]) << 16 |
                                static_cast<std::uint32_t>(left > 1 ? bytes[at + 1] : 0) << 8 |
                                static_cast<std::uint32_t>(left > 2 ? bytes[at + 2] : 0);
    out += kLetters[group >> 18];
    out += kLetters[group >> 12 & 63];
    out += left > 1 ? kLetters[group >> 6 & 63] : '=';
    out += left > 2 ? kLetters[group & 63] : '=';
  }
}

}  // namespace tessera::dicom
