// Key values: what the index holds of an attribute's value, and what is asked of it, in one form (normal_form.h and
// below): made once when a row is written and once per request. Pure.
//
//   text, UID    normal_text; as it is
//   name         normal_name of each run of component groups: "A=B" gives "a", "b" and "a=b"
//   its words    each word of the name
//   date         yyyyMMdd
//   time         HHmmss.FFFFFF, what is left out as zeros
//   date, time   yyyyMMddHHmmss.FFFFFF, likewise (month and day 01); an offset from UTC is left off
//   number       as a number: 46000 and "46000.0" are one
//   positions    normal_text, a backslash, the place: "volume\3"
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/database.h"
#include "catalog/searchable.h"

namespace tessera::catalog {

inline constexpr std::size_t kMaxKeyBytes = 512;  // of a value in its normal form: longer ones are cut

// One value of an attribute that an object has, as UTF-8 without padding.
struct KeyValue {
  const SearchKey* key = nullptr;  // of the table
  std::string text;
  std::size_t position = 1;  // among the attribute's values
};

// A row of the index, less the row that it is of.
struct IndexEntry {
  KeyId key = 0;
  SqlValue value;
  friend bool operator==(const IndexEntry&, const IndexEntry&) = default;
  friend bool operator<(const IndexEntry& a, const IndexEntry& b) {
    return a.key != b.key ? a.key < b.key : a.value < b.value;
  }
};

// The rows of an object's values, sorted, each once. A value that its kind cannot have ("circa 1970" as a date) gives
// none: it is returned, and not found.
std::vector<IndexEntry> index_entries(const std::vector<KeyValue>& values);

// What a request asks of a key whose values have an order: one value, or a range with at least one end.
struct AskedRange {
  bool exact = false;
  SqlValue from, to;  // nothing: open. Exact: both are the value
};

// InvalidArgument says how the value has to be written. For Date, Time, DateTime and Number.
Result<AskedRange> parse_range(MatchKind kind, std::string_view text);

// Text as rows hold it; longer values are cut, and asked for as they are cut.
std::string key_text(std::string_view utf8);
// The same for a name.
std::string key_name(std::string_view utf8);

}  // namespace tessera::catalog
