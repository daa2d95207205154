// The searchable attributes: one table of what can be matched, where it is found in an object, at which level, and how
// it is compared. The collector of ingest, the rows of the index, the SQL, the checks of a request and doc/search.md
// follow it. Read-only, safe from any thread.
//
// A key is known by the path of tags that leads to it: one tag, or sequences and then the attribute itself.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "dicom/tag.h"

namespace tessera::catalog {

enum class Level { Study, Series, Instance };

enum class MatchKind {
  Uid,         // exact, or one of a list
  Text,        // normal_text: case does not count
  Name,        // normal_name: neither case nor accents; words when fuzzy
  Date,        // DA: exact or a range
  Time,        // TM: exact or a range; what is left out is zero
  DateTime,    // DT: likewise, as written: no offset is applied
  Number,      // as a number: exact or a range
  Positions,   // text of which each value has its place; "\\\\VOLUME" asks for the third
  Modalities,  // of any series of the study
};

inline constexpr std::size_t kMaxKeyDepth = 5;

class TagPath {
 public:
  constexpr TagPath() = default;
  constexpr TagPath(std::initializer_list<std::uint32_t> tags) {
    for (const std::uint32_t tag : tags) {
      tags_[size_++] = dicom::Tag(tag);
    }
  }
  constexpr std::span<const dicom::Tag> tags() const { return {tags_.data(), size_}; }
  constexpr dicom::Tag last() const { return tags_[size_ - 1]; }
  std::string text() const;  // "00400560.00400551"

 private:
  std::array<dicom::Tag, kMaxKeyDepth> tags_{};
  std::size_t size_ = 0;
};

// Numbers in the rows of the index: never one that another key had. Below 1000 ours; from there those that users make.
using KeyId = std::int64_t;

struct SearchKey {
  KeyId id = 0;
  Level level = Level::Instance;  // its own; it can be matched there and below
  MatchKind kind = MatchKind::Text;
  TagPath path;
  KeyId words = 0;              // Name: the key of its words, for fuzzy matching
  std::string_view column{};    // of its level's table, where the row itself holds it; else it has rows of the index
  bool core = false;            // the contract of /v1 and /v2 has it (service-api §3)
  std::int64_t generation = 1;  // the first generation of the index that has it; 0: every catalog
};

// The generation of the index that this program makes: raised with each key that is added (instances.index_generation).
inline constexpr std::int64_t kIndexGeneration = 1;

std::span<const SearchKey> search_keys();
// nullptr when there is no such key. An attribute that objects have at several places is found by each path.
const SearchKey* find_key(std::span<const dicom::Tag> path);
const SearchKey* find_key(dicom::Tag tag);
// Whether a sequence at `path` may hold a key.
bool leads_to_key(std::span<const dicom::Tag> path);

}  // namespace tessera::catalog
