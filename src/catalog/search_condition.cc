#include "catalog/search_condition.h"

#include <algorithm>

#include "catalog/index_rows.h"
#include "catalog/normal_form.h"

namespace tessera::catalog {

namespace {

// SQLite takes no expression deeper than 1000; a name has some ten words, a study a handful of modalities.
constexpr std::size_t kMaxListed = 64;
constexpr std::size_t kMaxPattern = 2 * kMaxKeyBytes + 1;
constexpr std::string_view kAlias[] = {"s", "r", "i"};
constexpr std::string_view kTable[] = {"studies", "series", "instances"};

std::string_view alias_of(Level level) {
  return kAlias[static_cast<int>(level)];
}

// LIKE text in which `%` and `_` of the value stand for themselves.
std::string like_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

// PS3.4 §C.2.2.2.4: '*' any run, '?' any one character.
std::string wildcard_pattern(std::string_view text) {
  std::string out = like_escaped(text);
  std::replace(out.begin(), out.end(), '*', '%');
  std::replace(out.begin(), out.end(), '?', '_');
  return out;
}

bool is_wild(std::string_view text) {
  return text.find_first_of("*?") != text.npos;
}

// The first text behind all that begin with `prefix`.
std::string behind(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) {
    prefix.pop_back();
  }
  if (!prefix.empty()) {
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  }
  return prefix;
}

// A comparison of the value of an index row.
struct Comparison {
  std::string sql;
  std::vector<SqlValue> values;
  bool compared = false;
};

Comparison equal_to(SqlValue value) {
  return {"value = ?", {std::move(value)}, false};
}

Comparison begins_with(const std::string& prefix) {
  return {"value >= ? AND value < ?", {prefix, behind(prefix)}, false};
}

// Runs of '*' as one.
std::string with_single_stars(std::string pattern) {
  pattern.erase(std::unique(pattern.begin(), pattern.end(), [](char a, char b) { return a == '*' && b == '*'; }),
                pattern.end());
  return pattern;
}

// `more`: what rows have behind the pattern.
Comparison like(const std::string& asked, std::string_view more = "") {
  const std::string pattern = with_single_stars(asked);
  if (pattern.size() > kMaxPattern) {
    return equal_to({});  // no value is as long as what stands between the stars: NULL equals nothing
  }
  const std::string prefix = pattern.substr(0, pattern.find_first_of("*?"));
  Comparison out{"value LIKE ? ESCAPE '\\'", {}, prefix.empty()};
  if (!prefix.empty()) {
    out = begins_with(prefix);
    out.sql += " AND value LIKE ? ESCAPE '\\'";
  }
  out.values.emplace_back(wildcard_pattern(pattern) + std::string(more));
  return out;
}

Result<Comparison> within(const SearchKey& key, std::string_view value) {
  const Result<AskedRange> range = parse_range(key.kind, value);
  if (!range.ok()) {
    return range.status().while_doing("search: attribute " + key.path.text());
  }
  if (range->exact) {
    return equal_to(range->from);
  }
  Comparison out;
  for (const auto& [end, sql] : {std::pair(&range->from, "value >= ?"), std::pair(&range->to, "value <= ?")}) {
    if (!std::holds_alternative<std::monostate>(*end)) {
      out.sql += (out.sql.empty() ? "" : " AND ") + std::string(sql);
      out.values.push_back(*end);
    }
  }
  return out;
}

// By a row of the index.
Condition by_index(KeyId key, Level level, Comparison comparison) {
  const std::string table(keys_table(level));
  const std::string owner(keys_owner(level));
  const std::string id = std::to_string(key);
  Condition out;
  out.level = level;
  out.ids = "SELECT k." + owner + " AS id FROM " + table + " k WHERE k.key = " + id + " AND k.partition_id = ?1 AND " +
            comparison.sql;
  out.holds = "EXISTS (SELECT 1 FROM " + table + " k WHERE k." + owner + " = " + std::string(alias_of(level)) +
              ".id AND k.key = " + id + " AND " + comparison.sql + ")";
  out.values = std::move(comparison.values);
  out.compared = comparison.compared;
  return out;
}

// By a column of the row itself. `list`: " IN (?,…)".
Condition by_column(const SearchKey& key, const std::string& list, std::vector<SqlValue> values) {
  const std::string column(key.column);
  Condition out;
  out.level = key.level;
  out.ids = "SELECT id FROM " + std::string(kTable[static_cast<int>(key.level)]) + " WHERE partition_id = ?1 AND " +
            column + list;
  out.holds = std::string(alias_of(key.level)) + "." + column + list;
  out.values = std::move(values);
  return out;
}

class Matcher {
 public:
  Matcher(const Match& match, const SearchQuery& query, std::string_view seen)
      : key_(match.key), value_(match.value), fuzzy_(match.fuzzy), query_(query), seen_(seen) {}

  Result<std::vector<Condition>> conditions() {
    if (key_.level > query_.level) {
      return Status(Code::InvalidArgument,
                    "search: attribute " + key_.path.text() + " cannot be matched at this level");
    }
    switch (key_.kind) {
      case MatchKind::Uid:
        return uids();
      case MatchKind::Text:
        return text(normal(value_));
      case MatchKind::Name:
        return fuzzy_ ? words() : text(name());
      case MatchKind::Positions:
        return positions();
      case MatchKind::Modalities:
        return modalities();
      default:
        break;
    }
    TRY_ASSIGN(Comparison comparison, within(key_, value_));
    return std::vector{by_index(key_.id, key_.level, std::move(comparison))};
  }

 private:
  Status too_many(const char* what) const {
    return Status(Code::InvalidArgument, "search: more than " + std::to_string(kMaxListed) + " " + what +
                                             " for attribute " + key_.path.text());
  }

  Status empty_list() const {
    return Status(Code::InvalidArgument, "search: the list of attribute " + key_.path.text() + " is empty");
  }

  // The values of a list where the profile has lists, else the one value.
  std::vector<std::string> listed() const {
    const std::string_view separators = query_.lists ? ",\\" : "";
    std::vector<std::string> values;
    std::size_t start = 0;
    while (start <= value_.size()) {
      const std::size_t end = std::min(value_.find_first_of(separators, start), value_.size());
      if (end > start) {
        values.emplace_back(value_.substr(start, end - start));
      }
      start = end + 1;
    }
    return values;
  }

  bool is_pattern(std::string_view value) const { return query_.wildcards && is_wild(value); }

  // A pattern is not cut: what it says would be another thing.
  std::string normal(std::string_view value) const { return is_pattern(value) ? normal_text(value) : key_text(value); }

  std::string name() const {
    if (!is_pattern(value_)) {
      return key_name(value_);
    }
    const std::string name = normal_name(value_);
    return name.substr(std::min(name.find_first_not_of('='), name.size()));
  }

  bool matches_all(std::string_view pattern) const {
    return query_.wildcards && !pattern.empty() && pattern.find_first_not_of('*') == pattern.npos;
  }

  Comparison comparison(const std::string& text) const { return is_pattern(text) ? like(text) : equal_to(text); }

  Result<std::vector<Condition>> uids() const {
    std::string list;
    std::vector<SqlValue> values;
    for (std::string& uid : listed()) {
      list += list.empty() ? " IN (?" : ",?";
      values.emplace_back(std::move(uid));
    }
    if (values.empty()) {
      return empty_list();
    }
    list += ")";
    return std::vector{key_.column.empty() ? by_index(key_.id, key_.level, {"value" + list, std::move(values)})
                                           : by_column(key_, list, std::move(values))};
  }

  Result<std::vector<Condition>> text(const std::string& normal) const {
    if (matches_all(normal)) {
      return std::vector<Condition>();
    }
    return std::vector{by_index(key_.id, key_.level, comparison(normal))};
  }

  // Fuzzy: every word asked for begins a word of the name. OHIF sends "*doe*" with fuzzymatching: the stars say nothing
  // that prefix matching does not.
  Result<std::vector<Condition>> words() const {
    std::string words = name_words(value_);
    words.erase(std::remove(words.begin(), words.end(), '*'), words.end());
    std::vector<Condition> out;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at + 1), words.size());
      if (end > at + 1) {
        out.push_back(by_index(key_.words, key_.level, begins_with(words.substr(at + 1, end - at - 1))));
      }
      at = end;
    }
    if (out.size() > kMaxListed) {
      return too_many("words");
    }
    return out;
  }

  // Without a backslash any of the values; with some, each that is not left out is the one of its place.
  Result<std::vector<Condition>> positions() const {
    if (value_.find('\\') == value_.npos) {
      const std::string text = normal(value_);
      if (matches_all(text)) {
        return std::vector<Condition>();
      }
      return std::vector{
          by_index(key_.id, key_.level, is_pattern(text) ? like(text, "\\\\%") : begins_with(text + "\\"))};
    }
    std::vector<Condition> out;
    std::size_t place = 1;
    for (std::size_t start = 0; start <= value_.size(); ++place) {
      const std::size_t end = std::min(value_.find('\\', start), value_.size());
      const std::string text = normal(value_.substr(start, end - start));
      start = end + 1;
      if (text.empty() || matches_all(text)) {
        continue;
      }
      const std::string at = "\\" + std::to_string(place);
      out.push_back(by_index(key_.id, key_.level, is_pattern(text) ? like(text, "\\" + at) : equal_to(text + at)));
    }
    if (out.size() > kMaxListed) {
      return too_many("values");
    }
    return out;
  }

  // Studies with a series of any of the modalities, of which the caller sees something.
  Result<std::vector<Condition>> modalities() const {
    const std::vector<std::string> wanted = listed();
    if (wanted.empty()) {
      return empty_list();
    }
    if (wanted.size() > kMaxListed) {
      return too_many("values");
    }
    Comparison any;
    for (const std::string& one : wanted) {
      const std::string text = normal(one);
      if (matches_all(text)) {
        return std::vector<Condition>();
      }
      Comparison next = comparison(text);
      any.sql += (any.sql.empty() ? "((" : " OR (") + next.sql + ")";
      any.values.insert(any.values.end(), next.values.begin(), next.values.end());
      any.compared = any.compared || next.compared;
    }
    const std::string compared = any.sql + ")";
    const std::string seen =
        seen_.empty() ? std::string()
                      : " AND EXISTS (SELECT 1 FROM instances x WHERE x.series_id = m.id" + std::string(seen_) + ")";
    const std::string key = "k.key = " + std::to_string(key_.id);
    Condition out;
    out.ids = "SELECT m.study_id AS id FROM series_keys k CROSS JOIN series m ON m.id = k.series_id " +
              study_of_seen() + "WHERE " + key + " AND k.partition_id = ?1 AND " + compared + seen;
    out.holds =
        "EXISTS (SELECT 1 FROM series m CROSS JOIN series_keys k ON k.series_id = m.id WHERE m.study_id = "
        "s.id AND " +
        key + " AND " + compared + seen + ")";
    out.values = std::move(any.values);
    out.compared = any.compared;
    return std::vector{std::move(out)};
  }

  // What the caller sees may depend on the study.
  std::string study_of_seen() const {
    return seen_.find("s.") == seen_.npos ? std::string() : "CROSS JOIN studies s ON s.id = m.study_id ";
  }

  const SearchKey& key_;
  const std::string_view value_;
  const bool fuzzy_;
  const SearchQuery& query_;
  const std::string_view seen_;
};

}  // namespace

Result<std::vector<Condition>> conditions_of(const Match& match, const SearchQuery& query, std::string_view seen) {
  return Matcher(match, query, seen).conditions();
}

}  // namespace tessera::catalog
