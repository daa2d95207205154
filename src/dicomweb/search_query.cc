#include "dicomweb/search_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "dicom/dictionary.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

using catalog::Level;
using catalog::MatchKind;
using catalog::SearchKey;
using dicom::Tag;

constexpr std::uint64_t kContractLimit = 200;
constexpr std::uint64_t kContractDefault = 100;
// The standard profile takes any limit; an answer that would be longer is cut, and says so.
constexpr std::uint64_t kMaxRows = 10'000;
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 62;

// The levels at and above the resource's own, less those that its path names already: a client of the contract is told
// 400 for what it could not match there.
bool contract_matches(const SearchKey& key, const catalog::SearchQuery& query) {
  if (!key.core || key.level > query.level) {
    return false;
  }
  return key.level == Level::Instance || (key.level == Level::Study ? query.study.empty() : query.series.empty());
}

Status bad(std::string_view name, std::string_view why) {
  return Status(Code::InvalidArgument,
                "query parameter '" + std::string(name.substr(0, 80)) + "': " + std::string(why));
}

// Tags in hex or keywords, sequences before what is in them, separated by dots.
Result<std::vector<Tag>> parse_path(std::string_view name) {
  std::vector<Tag> path;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t end = std::min(name.find('.', start), name.size());
    const std::string_view part = name.substr(start, end - start);
    start = end + 1;
    const Result<Tag> tag = part.size() == 8 ? dicom::parse_tag(part) : Result<Tag>(Status(Code::NotFound, ""));
    const dicom::DictionaryRow* row = tag.ok() ? nullptr : dicom::find_keyword(part);
    if (!tag.ok() && row == nullptr) {
      return bad(name, part == name ? "no attribute has this keyword or tag (eight hexadecimal digits)"
                                    : "no attribute has the keyword or tag '" + std::string(part.substr(0, 64)) + "'");
    }
    path.push_back(tag.ok() ? *tag : row->tag);
    if (path.size() > 1) {
      const Tag parent = path[path.size() - 2];
      const dicom::DictionaryRow* sequence = dicom::find_tag(parent);
      if (sequence != nullptr && sequence->vr != dicom::Vr::SQ) {
        return bad(name, parent.hex() + " is no sequence");
      }
    }
  }
  return path;
}

bool is_ordered(MatchKind kind) {
  return kind == MatchKind::Date || kind == MatchKind::Time || kind == MatchKind::DateTime || kind == MatchKind::Number;
}

Status check_value(std::string_view name, const SearchKey& key, std::string_view value) {
  if (is_ordered(key.kind)) {
    const auto range = catalog::parse_range(key.kind, value);
    return range.ok() ? Status() : bad(name, range.status().message());
  }
  return {};
}

Result<std::uint64_t> parse_number(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value > kMaxNumber) {
    return bad(name, "'" + std::string(text.substr(0, 40)) + "' is no whole number");
  }
  return value;
}

class Reader {
 public:
  Reader(Level level, const catalog::Scope& scope, Profile profile) : profile_(profile) {
    search_.query.level = level;
    search_.query.partition = scope.partition;
    search_.query.study = scope.study;
    search_.query.series = scope.series;
    search_.query.lists = profile == Profile::Standard;
    search_.query.wildcards = profile == Profile::Standard;
    search_.query.limit = profile == Profile::Standard ? kMaxRows : kContractDefault;
    search_.limit_is_ours = true;
  }

  Status take(const std::string& name, const std::string& value) {
    if (name == "includefield") {
      return take_include(value);
    }
    if (name == "accept" || name == "charset" || name == "v") {
      return {};
    }
    if (name == "limit" || name == "offset" || name == "fuzzymatching" || (name == "count" && is_standard())) {
      if (!given_.insert(name).second) {
        return bad(name, "it is given more than once");
      }
      return take_control(name, value);
    }
    return take_match(name, value);
  }

  Result<Search> finish() {
    for (catalog::Match& match : search_.query.matches) {
      match.fuzzy = fuzzy_ && match.key.kind == MatchKind::Name;
      if (match.fuzzy && !is_standard() && match.value.find('"') != match.value.npos) {
        return bad(dicom::find_tag(match.key.path.last())->keyword, "a name that is matched fuzzily cannot hold '\"'");
      }
    }
    return std::move(search_);
  }

 private:
  bool is_standard() const { return profile_ == Profile::Standard; }

  Status take_control(const std::string& name, const std::string& value) {
    if (name == "limit") {
      return take_limit(value);
    }
    if (name == "offset") {
      TRY_ASSIGN(search_.query.offset, parse_number(name, value));
      return {};
    }
    if (value != "true" && value != "false") {
      return bad(name, "it must be true or false");
    }
    (name == "count" ? search_.count : fuzzy_) = value == "true";
    return {};
  }

  Status take_limit(const std::string& value) {
    TRY_ASSIGN(const std::uint64_t limit, parse_number("limit", value));
    if (limit < 1) {
      return bad("limit", "it must be at least 1");
    }
    if (!is_standard() && limit > kContractLimit) {
      return bad("limit", "it must be between 1 and 200");
    }
    search_.limit_is_ours = limit > kMaxRows;
    search_.query.limit = std::min(limit, kMaxRows);
    return {};
  }

  Status take_include(std::string_view list) {
    while (true) {
      const std::size_t end = std::min(list.find(','), list.size());
      const std::string_view name = list.substr(0, end);
      if (name == "all") {
        search_.include_all = true;
      } else {
        if (name.empty()) {
          return bad("includefield", "one of its attributes is empty");
        }
        TRY_ASSIGN(const auto path, parse_path(name));
        search_.include.push_back(path.front());
      }
      if (end == list.size()) {
        return {};
      }
      list.remove_prefix(end + 1);
    }
  }

  Status take_match(const std::string& name, const std::string& value) {
    TRY_ASSIGN(const auto path, parse_path(name));
    if (value.empty()) {
      if (!is_standard()) {
        return bad(name, "the value is empty");
      }
      search_.include.push_back(path.front());  // PS3.4 C.2.2.2.3: all match, and the attribute is returned
      return {};
    }
    const SearchKey* key = catalog::find_key(path);
    if (key == nullptr || key->level > search_.query.level ||
        (!is_standard() && !contract_matches(*key, search_.query))) {
      return bad(name, "this attribute cannot be searched at this resource");
    }
    RETURN_IF_ERROR(check_value(name, *key, value));
    for (catalog::Match& match : search_.query.matches) {
      if (match.key.id == key->id && match.key.kind == key->kind) {
        return repeat(match, name, value);
      }
    }
    search_.query.matches.push_back({*key, value, false});
    search_.include.push_back(key->column.empty() ? key->path.tags().front() : path.front());
    return {};
  }

  // Standard profile: an attribute that takes a list may be repeated instead (wsidicom sends UIDs so).
  Status repeat(catalog::Match& match, const std::string& name, const std::string& value) {
    const bool has_lists = match.key.kind == MatchKind::Modalities || match.key.kind == MatchKind::Uid;
    if (!is_standard() || !has_lists) {
      return bad(name, "it is given more than once");
    }
    match.value += "," + value;
    return {};
  }

  const Profile profile_;
  Search search_;
  std::set<std::string> given_;  // of limit, offset and their like
  bool fuzzy_ = false;
};

}  // namespace

Result<Search> parse_search(std::string_view query, Level level, const catalog::Scope& scope, Profile profile) {
  TRY_ASSIGN(const auto parameters, net::parse_query(query));
  Reader reader(level, scope, profile);
  for (const auto& [name, value] : parameters) {
    RETURN_IF_ERROR(reader.take(name, value));
  }
  return reader.finish();
}

}  // namespace tessera::dicomweb
