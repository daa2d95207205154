#include "catalog/search_sql.h"

#include <algorithm>

#include "catalog/normal_form.h"
#include "catalog/searchable.h"
#include "catalog/visibility_sql.h"

namespace tessera::catalog {

namespace {

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

// SQLite takes no expression deeper than 1000; a name has some ten words, a study a handful of modalities.
constexpr std::size_t kMaxListed = 64;

Status too_many(dicom::Tag tag, const char* what) {
  return Status(Code::InvalidArgument,
                "search: more than " + std::to_string(kMaxListed) + " " + what + " for attribute " + tag.hex());
}

bool is_wild(std::string_view text) {
  return text.find_first_of("*?") != text.npos;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

class Builder {
 public:
  Builder(const SearchQuery& query, const Visibility& visibility)
      : query_(query), seen_(seen_sql(query, visibility, "i")), seen_of_modality_(seen_sql(query, visibility, "x")) {
    if (query.study.empty()) {
      studies_ = studies_sql(visibility);
    }
  }

  Result<SearchSql> build() {
    where("s.partition_id = ?", query_.partition);
    if (!query_.study.empty()) {
      where("s.study_uid = ?", query_.study);
    }
    if (!query_.series.empty()) {
      where("r.series_uid = ?", query_.series);
    }
    for (const Match& match : query_.matches) {
      RETURN_IF_ERROR(add_match(match));
    }
    add_visibility();
    return assemble();
  }

 private:
  void where(std::string condition, SqlValue value) {
    conditions_ += (conditions_.empty() ? " WHERE " : " AND ") + condition;
    sql_.values.push_back(std::move(value));
  }

  Status add_match(const Match& match) {
    const SearchableRow* row = find_searchable(match.tag, query_.level);
    if (row == nullptr) {
      return Status(Code::InvalidArgument, "search: attribute " + match.tag.hex() + " cannot be matched at this level");
    }
    switch (row->kind) {
      case MatchKind::Uid:
        return add_uids(*row, match.value);
      case MatchKind::Text:
        add_text(std::string(row->column), normal_text(match.value));
        return {};
      case MatchKind::Name:
        return match.fuzzy ? add_words(*row, match.value) : add_name(*row, match.value);
      case MatchKind::Range:
        return add_range(*row, match.value);
      case MatchKind::Modalities:
        return add_modalities(*row, match.value);
    }
    return {};
  }

  // The values of a list where the profile has lists, else the one value.
  std::vector<std::string> listed(std::string_view value) const {
    const std::string_view separators = query_.lists ? ",\\" : "";
    std::vector<std::string> values;
    std::size_t start = 0;
    while (start <= value.size()) {
      const std::size_t end = std::min(value.find_first_of(separators, start), value.size());
      if (end > start) {
        values.emplace_back(value.substr(start, end - start));
      }
      start = end + 1;
    }
    return values;
  }

  Status empty_list(dicom::Tag tag) const {
    return Status(Code::InvalidArgument, "search: the list of attribute " + tag.hex() + " is empty");
  }

  Status add_uids(const SearchableRow& row, std::string_view value) {
    std::string marks;
    for (std::string& uid : listed(value)) {
      marks += marks.empty() ? "?" : ",?";
      sql_.values.push_back(std::move(uid));
    }
    if (marks.empty()) {
      return empty_list(row.tag);
    }
    conditions_ += " AND " + std::string(row.column) + " IN (" + marks + ")";
    return {};
  }

  // Studies with a series of any of the modalities.
  Status add_modalities(const SearchableRow& row, std::string_view value) {
    const std::vector<std::string> wanted = listed(value);
    if (wanted.empty()) {
      return empty_list(row.tag);
    }
    if (wanted.size() > kMaxListed) {
      return too_many(row.tag, "values");
    }
    std::string any;
    for (const std::string& one : wanted) {
      any += (any.empty() ? "" : " OR ") + compare(std::string(row.column), normal_text(one));
    }
    const std::string seen =
        seen_of_modality_.empty()
            ? std::string()
            : " AND EXISTS (SELECT 1 FROM instances x WHERE x.series_id = m.id" + seen_of_modality_ + ")";
    conditions_ += " AND EXISTS (SELECT 1 FROM series m WHERE m.study_id = s.id AND (" + any + ")" + seen + ")";
    return {};
  }

  // The comparison of a column with a value, whose mark it takes.
  std::string compare(const std::string& column, const std::string& value) {
    const bool wild = query_.wildcards && is_wild(value);
    sql_.values.push_back(wild ? wildcard_pattern(value) : value);
    return column + (wild ? " LIKE ? ESCAPE '\\'" : " = ?");
  }

  void add_text(const std::string& column, const std::string& value) {
    conditions_ += " AND " + compare(column, value);
  }

  // A name of several component groups is found by any of them, or by some that follow each other (PS3.5 6.2.1): "=" on
  // both sides makes each a text between two of them. Plain ASCII is what first groups are written in, and then the
  // index finds it.
  Status add_name(const SearchableRow& row, std::string_view value) {
    const std::string column(row.column);
    std::string name = normal_name(value);
    name.erase(0, name.find_first_not_of('='));
    const bool wild = query_.wildcards && is_wild(name);
    if (!wild && is_ascii(name)) {
      conditions_ += " AND (" + column + " = ? OR (" + column + " >= ? AND " + column + " < ?))";
      for (const char* end : {"", "=", ">"}) {  // '>' is the character behind '='
        sql_.values.push_back(name + end);
      }
      return {};
    }
    where("'=' || " + column + " || '=' LIKE ? ESCAPE '\\'",
          "%=" + (wild ? wildcard_pattern(name) : like_escaped(name)) + "=%");
    return {};
  }

  // Fuzzy: every word asked for begins a word of the name.
  Status add_words(const SearchableRow& row, std::string_view value) {
    const std::string words = name_words(value);
    if (static_cast<std::size_t>(std::count(words.begin(), words.end(), ' ')) > kMaxListed) {
      return too_many(row.tag, "words");
    }
    std::size_t start = 0;
    while (start < words.size()) {
      const std::size_t end = std::min(words.find(' ', start + 1), words.size());
      where(std::string(row.words) + " LIKE ? ESCAPE '\\'",
            "%" + wildcard_word(words.substr(start, end - start)) + "%");
      start = end;
    }
    return {};
  }

  // OHIF sends "*doe*" with fuzzymatching: the stars say nothing that prefix matching does not.
  static std::string wildcard_word(std::string word) {
    word.erase(std::remove(word.begin(), word.end(), '*'), word.end());
    return like_escaped(word);
  }

  Status add_range(const SearchableRow& row, const std::string& value) {
    const std::size_t dash = value.find('-');
    const std::string column(row.column);
    if (dash == value.npos) {
      where(column + " = ?", value);
      return {};
    }
    const std::string from = value.substr(0, dash);
    const std::string to = value.substr(dash + 1);
    if (from.empty() && to.empty()) {
      return Status(Code::InvalidArgument, "search: the range of attribute " + row.tag.hex() + " has neither end");
    }
    where(column + " <> ?", std::string());
    if (!from.empty()) {
      where(column + " >= ?", from);
    }
    if (!to.empty()) {
      // Up to the end of what `to` names: "1200" takes in "120000.5".
      where(column + " <= ?", to + "~");
    }
    return {};
  }

  // Of a series that the caller sees something of.
  // Inside one study it is known which flavors are seen; over all of them the clauses tell.
  static std::string seen_sql(const SearchQuery& query, const Visibility& visibility, std::string_view alias) {
    return query.study.empty() ? instances_sql(visibility, alias)
                               : flavors_sql(visibility.flavors_in(query.study), alias);
  }

  // Studies and series show when any instance of theirs does.
  void add_visibility() {
    conditions_ += studies_;
    if (query_.level == Level::Instance || seen_.empty()) {
      conditions_ += seen_;
      return;
    }
    const char* parent = query_.level == Level::Study ? "q.study_id = s.id" : "q.id = r.id";
    conditions_ += " AND EXISTS (SELECT 1 FROM instances i JOIN series q ON q.id = i.series_id WHERE " +
                   std::string(parent) + seen_ + ")";
  }

  Result<SearchSql> assemble() {
    static constexpr std::string_view kFrom[] = {
        " FROM studies s", " FROM series r JOIN studies s ON s.id = r.study_id",
        " FROM instances i JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = r.study_id"};
    static constexpr std::string_view kAlias[] = {"s", "r", "i"};
    const int level = static_cast<int>(query_.level);
    const std::string alias(kAlias[level]);
    // The page is chosen first; what is counted is counted for its rows alone.
    sql_.text = "SELECT " + columns() + " FROM (SELECT " + alias + ".id AS page_id, " + alias +
                ".watermark AS page_watermark" + std::string(kFrom[level]) + conditions_ + " ORDER BY " + alias +
                ".watermark DESC LIMIT ? OFFSET ?)" + joins() + " ORDER BY page_watermark DESC";
    sql_.values.push_back(static_cast<std::int64_t>(query_.limit));
    sql_.values.push_back(static_cast<std::int64_t>(query_.offset));
    return std::move(sql_);
  }

  std::string joins() const {
    switch (query_.level) {
      case Level::Study:
        return " JOIN studies s ON s.id = page_id";
      case Level::Series:
        return " JOIN series r ON r.id = page_id JOIN studies s ON s.id = r.study_id";
      case Level::Instance:
        break;
    }
    return " JOIN instances i ON i.id = page_id JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = "
           "r.study_id";
  }

  // Columns 0 to 13, in the order that search.cc reads.
  std::string columns() const {
    const bool series = query_.level >= Level::Series;
    const bool instance = query_.level == Level::Instance;
    const std::string of_study =
        " FROM series q JOIN instances i ON i.series_id = q.id WHERE q.study_id = s.id" + seen_;
    const std::string of_series = " FROM instances i WHERE i.series_id = r.id" + seen_;
    std::string sql = "s.study_uid, ";
    sql += series ? "r.series_uid, " : "'', ";
    sql += instance ? "i.sop_uid, " : "'', ";
    sql += "s.header, ";
    sql += series ? "r.header, " : "'', ";
    sql += instance ? "i.header, " : "'', ";
    sql += "(SELECT group_concat(x, '\\') FROM (SELECT DISTINCT q.modality AS x" + of_study + " ORDER BY x)), ";
    sql += "(SELECT count(DISTINCT q.id)" + of_study + "), ";
    sql += "(SELECT count(*)" + of_study + "), ";
    sql += series ? "(SELECT count(*)" + of_series + "), " : "0, ";
    sql += instance ? "i.watermark, i.frames, i.transfer_syntax, " : "0, 0, " + syntaxes(series ? of_series : of_study);
    sql += "s.partition_id";
    return sql;
  }

  static std::string syntaxes(const std::string& from) {
    return "(SELECT group_concat(x, '\\') FROM (SELECT DISTINCT i.transfer_syntax AS x" + from + " ORDER BY x)), ";
  }

  const SearchQuery& query_;
  const std::string seen_;              // on an instance i of study s
  const std::string seen_of_modality_;  // the same on x
  std::string studies_;
  std::string conditions_;
  SearchSql sql_;
};

}  // namespace

Result<SearchSql> build_search(const SearchQuery& query, const Visibility& visibility) {
  return Builder(query, visibility).build();
}

}  // namespace tessera::catalog
