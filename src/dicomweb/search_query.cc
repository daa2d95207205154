#include "dicomweb/search_query.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "dicom/calendar.h"
#include "dicom/dictionary.h"
#include "dicom/tags.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

using catalog::Level;
using dicom::Tag;
namespace tags = dicom::tags;

constexpr std::uint64_t kContractLimit = 200;
constexpr std::uint64_t kContractDefault = 100;
// The standard profile has no limit of its own; SQLite's integers do.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

// What the contract lets be matched, by the attribute's own level (service-api §3). The catalog can match more; a
// client of the contract is told 400 for those, as it would be there.
struct ContractRow {
  Tag tag;
  Level level;
};
constexpr std::array kContract = {
    ContractRow{tags::kStudyInstanceUID, Level::Study},
    ContractRow{tags::kPatientName, Level::Study},
    ContractRow{tags::kPatientID, Level::Study},
    ContractRow{tags::kPatientBirthDate, Level::Study},
    ContractRow{tags::kAccessionNumber, Level::Study},
    ContractRow{tags::kReferringPhysicianName, Level::Study},
    ContractRow{tags::kStudyDate, Level::Study},
    ContractRow{tags::kStudyDescription, Level::Study},
    ContractRow{tags::kModalitiesInStudy, Level::Study},
    ContractRow{tags::kSeriesInstanceUID, Level::Series},
    ContractRow{tags::kModality, Level::Series},
    ContractRow{tags::kPerformedProcedureStepStartDate, Level::Series},
    ContractRow{tags::kManufacturerModelName, Level::Series},
    ContractRow{tags::kSOPInstanceUID, Level::Instance},
};

// The levels at and above the resource's own, less those that its path names already.
bool contract_matches(Tag tag, const catalog::SearchQuery& query) {
  const auto row =
      std::find_if(kContract.begin(), kContract.end(), [tag](const ContractRow& known) { return known.tag == tag; });
  if (row == kContract.end() || row->level > query.level) {
    return false;
  }
  return row->level == Level::Instance || (row->level == Level::Study ? query.study.empty() : query.series.empty());
}

Status bad(std::string_view name, std::string_view why) {
  return Status(Code::InvalidArgument,
                "query parameter '" + std::string(name.substr(0, 80)) + "': " + std::string(why));
}

Result<Tag> parse_attribute(std::string_view name) {
  if (name.size() == 8) {
    const Result<Tag> tag = dicom::parse_tag(name);
    if (tag.ok()) {
      return tag;
    }
  }
  if (const dicom::DictionaryRow* row = dicom::find_keyword(name)) {
    return row->tag;
  }
  return bad(name, "no attribute has this keyword or tag (eight hexadecimal digits)");
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// HH, HHmm, HHmmss or HHmmss.FFFFFF.
bool is_time(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  const std::string_view fraction = text.substr(std::min(whole.size() + 1, text.size()));
  const bool shape = (whole.size() == 2 || whole.size() == 4 || whole.size() == 6) && is_digits(whole) &&
                     is_digits(fraction) && fraction.size() <= 6 && (whole.size() == text.size() || whole.size() == 6);
  return shape && two_digits(whole, 0) < 24 && (whole.size() < 4 || two_digits(whole, 2) < 60) &&
         (whole.size() < 6 || two_digits(whole, 4) <= 60);
}

// One value or a range with at least one end.
bool is_range_of(std::string_view value, bool (*is_one)(std::string_view)) {
  const std::size_t dash = value.find('-');
  if (dash == value.npos) {
    return is_one(value);
  }
  const std::string_view from = value.substr(0, dash);
  const std::string_view to = value.substr(dash + 1);
  return !(from.empty() && to.empty()) && (from.empty() || is_one(from)) && (to.empty() || is_one(to));
}

Status check_value(std::string_view name, Tag tag, std::string_view value) {
  const dicom::DictionaryRow* row = dicom::find_tag(tag);
  if (row != nullptr && row->vr == dicom::Vr::DA && !is_range_of(value, dicom::is_calendar_date)) {
    return bad(name, "it must be a date yyyyMMdd or a range of them, one end may be open");
  }
  if (row != nullptr && row->vr == dicom::Vr::TM && !is_range_of(value, is_time)) {
    return bad(name, "it must be a time HHmmss.FFFFFF or a range of them, one end may be open");
  }
  return {};
}

Result<std::uint64_t> parse_number(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value > kNoLimit) {
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
    search_.query.limit = profile == Profile::Standard ? kNoLimit : kContractDefault;
  }

  Status take(const std::string& name, const std::string& value) {
    if (name == "limit") {
      return take_limit(value);
    }
    if (name == "offset") {
      TRY_ASSIGN(search_.query.offset, parse_number(name, value));
      return {};
    }
    if (name == "fuzzymatching") {
      return take_fuzzy(value);
    }
    if (name == "includefield") {
      return take_include(value);
    }
    if (name == "accept" || name == "charset" || name == "v") {
      return {};
    }
    return take_match(name, value);
  }

  Result<Search> finish() {
    for (catalog::Match& match : search_.query.matches) {
      const dicom::DictionaryRow* row = dicom::find_tag(match.tag);
      match.fuzzy = fuzzy_ && row != nullptr && row->vr == dicom::Vr::PN;
      if (match.fuzzy && profile_ != Profile::Standard && match.value.find('"') != match.value.npos) {
        return bad(row->keyword, "a name that is matched fuzzily cannot hold '\"'");
      }
      search_.include.push_back(match.tag);
    }
    return std::move(search_);
  }

 private:
  Status take_limit(const std::string& value) {
    TRY_ASSIGN(const std::uint64_t limit, parse_number("limit", value));
    if (limit < 1) {
      return bad("limit", "it must be at least 1");
    }
    if (profile_ != Profile::Standard && limit > kContractLimit) {
      return bad("limit", "it must be between 1 and 200");
    }
    search_.query.limit = limit;
    return {};
  }

  Status take_fuzzy(const std::string& value) {
    if (value != "true" && value != "false") {
      return bad("fuzzymatching", "it must be true or false");
    }
    fuzzy_ = value == "true";
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
        TRY_ASSIGN(const Tag tag, parse_attribute(name.substr(0, name.find('.'))));
        search_.include.push_back(tag);
      }
      if (end == list.size()) {
        return {};
      }
      list.remove_prefix(end + 1);
    }
  }

  Status take_match(const std::string& name, const std::string& value) {
    TRY_ASSIGN(const Tag tag, parse_attribute(name));
    if (value.empty()) {
      return bad(name, "the value is empty");
    }
    const bool contract = profile_ != Profile::Standard;
    if (!catalog::Instances::searchable(tag, search_.query.level) ||
        (contract && !contract_matches(tag, search_.query))) {
      return bad(name, "this attribute cannot be searched at this resource");
    }
    RETURN_IF_ERROR(check_value(name, tag, value));
    for (catalog::Match& match : search_.query.matches) {
      if (match.tag == tag) {
        return repeat(match, name, value);
      }
    }
    search_.query.matches.push_back({tag, value, false});
    return {};
  }

  // Standard profile: an attribute that takes a list may be repeated instead (wsidicom sends UIDs so).
  Status repeat(catalog::Match& match, const std::string& name, const std::string& value) {
    const dicom::DictionaryRow* row = dicom::find_tag(match.tag);
    const bool has_lists = match.tag == tags::kModalitiesInStudy || (row != nullptr && row->vr == dicom::Vr::UI);
    if (profile_ != Profile::Standard || !has_lists) {
      return bad(name, "it is given more than once");
    }
    match.value += "," + value;
    return {};
  }

  const Profile profile_;
  Search search_;
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
