#include "catalog/key_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "catalog/normal_form.h"
#include "dicom/calendar.h"

namespace tessera::catalog {

namespace {

constexpr std::size_t kMaxRuns = 6;  // of the three component groups that a name can have
constexpr std::string_view kZeroTime = "000000.000000";
constexpr std::string_view kZeroDateTime = "00000101000000.000000";

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

std::string without(std::string_view text, char unwanted) {
  std::string out(text);
  out.erase(std::remove(out.begin(), out.end(), unwanted), out.end());
  return out;
}

// What `text` leaves out is as in `zero`.
std::string filled(std::string_view text, std::string_view zero) {
  return std::string(text) + std::string(zero.substr(std::min(text.size(), zero.size())));
}

bool is_date(std::string_view text) {
  return dicom::is_calendar_date(text);
}

// HH, HHmm, HHmmss or HHmmss.F to HHmmss.FFFFFF.
bool is_time(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view fraction = text.substr(std::min(whole.size() + 1, text.size()));
  const bool shape = (whole.size() == 2 || whole.size() == 4 || whole.size() == 6) && are_digits(whole) &&
                     are_digits(fraction) && fraction.size() <= 6 &&
                     (whole.size() == text.size() || (whole.size() == 6 && !fraction.empty()));
  return shape && two_digits(whole, 0) < 24 && (whole.size() < 4 || two_digits(whole, 2) < 60) &&
         (whole.size() < 6 || two_digits(whole, 4) <= 60);
}

// yyyy, yyyyMM, yyyyMMdd, and behind a whole date a time.
bool is_date_time(std::string_view text) {
  const std::string_view date = text.substr(0, 8);
  if (date.size() == 8) {
    return is_date(date) && (text.size() == 8 || is_time(text.substr(8)));
  }
  return (date.size() == 4 || date.size() == 6) && is_date(filled(date, "00000101"));
}

// The whole of `text`, and finite: SQL has no order for the others.
std::optional<SqlValue> as_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  text.remove_suffix(text.size() - (text.find_last_not_of(' ') + 1));
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  // Whole numbers are a few bytes as integers, and compare as they should with the others.
  const bool whole = std::trunc(number) == number && std::fabs(number) < 1e15;
  return whole ? SqlValue(static_cast<std::int64_t>(number)) : SqlValue(number);
}

// The offset from UTC behind a date and time is left off: "+0100", "-0530".
std::string_view without_offset(std::string_view text) {
  const std::size_t sign = text.find_first_of("+-");
  return text.substr(0, sign);
}

std::optional<SqlValue> stored_value(MatchKind kind, const std::string& text) {
  switch (kind) {
    case MatchKind::Date: {
      const std::string date = text.size() == 10 ? without(text, '.') : text;  // as ACR-NEMA wrote it
      return is_date(date) ? std::optional<SqlValue>(date) : std::nullopt;
    }
    case MatchKind::Time: {
      const std::string time = without(text, ':');  // likewise
      return is_time(time) ? std::optional<SqlValue>(filled(time, kZeroTime)) : std::nullopt;
    }
    case MatchKind::DateTime: {
      const std::string_view time = without_offset(text);
      return is_date_time(time) ? std::optional<SqlValue>(filled(time, kZeroDateTime)) : std::nullopt;
    }
    case MatchKind::Number:
      return as_number(text);
    case MatchKind::Uid:
      return text;
    default:
      return key_text(text);
  }
}

void cut_to(std::string& text, std::size_t bytes) {
  if (text.size() > bytes) {
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) {
      --bytes;
    }
    text.resize(bytes);
  }
}

// A name of several component groups is found by any of them, or by some that follow each other (PS3.5 6.2.1).
void add_name(const SearchKey& key, std::string_view text, std::vector<IndexEntry>& rows) {
  const std::string name = normal_name(text);
  const std::size_t most = rows.size() + kMaxRuns;
  for (std::size_t from = 0; from < name.size();) {
    const std::size_t next = std::min(name.find('=', from), name.size());
    for (std::size_t end = next; end > from && rows.size() < most;) {
      rows.push_back({key.id, key_name(std::string_view(name).substr(from, end - from))});
      end = end == name.size() ? 0 : std::min(name.find('=', end + 1), name.size());
    }
    from = next + 1;
  }
  const std::string words = name_words(text);
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at + 1), words.size());
    rows.push_back({key.words, words.substr(at + 1, std::min(end - at - 1, kMaxKeyBytes))});
    at = end;
  }
}

using IsOne = bool (*)(std::string_view);

struct OrderedKind {
  MatchKind kind;
  IsOne is_one;
  std::string_view zero;
  std::string_view how;
};
constexpr OrderedKind kOrdered[] = {
    {MatchKind::Date, is_date, "", "it must be a date yyyyMMdd or a range of them, one end may be open"},
    {MatchKind::Time, is_time, kZeroTime, "it must be a time HHmmss.FFFFFF or a range of them, one end may be open"},
    {MatchKind::DateTime, is_date_time, kZeroDateTime,
     "it must be a date and time yyyyMMddHHmmss.FFFFFF without an offset, or a range of them, one end may be open"},
};

// A number may hold '-' itself, before it and in its exponent: the first one that has an end or nothing on its left and
// on its right is the range's.
Result<AskedRange> parse_number_range(std::string_view text) {
  const auto whole = text.starts_with('-') ? std::nullopt : as_number(text);
  if (whole) {
    return AskedRange{.exact = true, .from = *whole, .to = *whole};
  }
  for (std::size_t dash = text.find('-'); dash != text.npos; dash = text.find('-', dash + 1)) {
    const auto from = as_number(text.substr(0, dash));
    const auto to = as_number(text.substr(dash + 1));
    const bool open_from = dash == 0;
    const bool open_to = dash + 1 == text.size();
    if ((from || open_from) && (to || open_to) && !(open_from && open_to)) {
      return AskedRange{.exact = false, .from = from.value_or(SqlValue()), .to = to.value_or(SqlValue())};
    }
  }
  return Status(Code::InvalidArgument, "it must be a number or a range of them, one end may be open");
}

}  // namespace

std::string key_text(std::string_view utf8) {
  std::string text = normal_text(utf8);
  cut_to(text, kMaxKeyBytes);
  return text;
}

std::string key_name(std::string_view utf8) {
  std::string name = normal_name(utf8);
  name.erase(0, name.find_first_not_of('='));
  cut_to(name, kMaxKeyBytes);
  return name;
}

std::vector<IndexEntry> index_entries(const std::vector<KeyValue>& values) {
  std::vector<IndexEntry> rows;
  for (const KeyValue& value : values) {
    if (value.text.empty() || !value.key->column.empty()) {
      continue;
    }
    if (value.key->kind == MatchKind::Name) {
      add_name(*value.key, value.text, rows);
    } else if (value.key->kind == MatchKind::Positions) {
      rows.push_back({value.key->id, key_text(value.text) + "\\" + std::to_string(value.position)});
    } else if (auto stored = stored_value(value.key->kind, value.text)) {
      rows.push_back({value.key->id, std::move(*stored)});
    }
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

Result<AskedRange> parse_range(MatchKind kind, std::string_view text) {
  if (kind == MatchKind::Number) {
    return parse_number_range(text);
  }
  const OrderedKind& row = *std::find_if(std::begin(kOrdered), std::end(kOrdered),
                                         [kind](const OrderedKind& ordered) { return ordered.kind == kind; });
  const std::size_t dash = text.find('-');
  if (dash == text.npos && row.is_one(text)) {
    return AskedRange{.exact = true, .from = filled(text, row.zero), .to = filled(text, row.zero)};
  }
  const std::string_view from = text.substr(0, dash);
  const std::string_view to = dash == text.npos ? std::string_view() : text.substr(dash + 1);
  const bool good = dash != text.npos && !(from.empty() && to.empty()) && (from.empty() || row.is_one(from)) &&
                    (to.empty() || row.is_one(to));
  if (!good) {
    return Status(Code::InvalidArgument, std::string(row.how));
  }
  AskedRange range;
  if (!from.empty()) {
    range.from = filled(from, row.zero);
  }
  if (!to.empty()) {
    range.to = std::string(to) + "~";  // up to the end of what it names: "1200" takes in "120059.5"
  }
  return range;
}

}  // namespace tessera::catalog
