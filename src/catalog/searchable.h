// The searchable attributes: one table for the router's checks, the validator and the SQL.
#pragma once

#include <string_view>

#include "catalog/instances.h"
#include "dicom/tag.h"

namespace tessera::catalog {

enum class MatchKind {
  Uid,         // exact, or one of a list
  Text,        // normal_text: case does not count
  Name,        // normal_name: neither case nor accents; words when fuzzy
  Range,       // DA and TM: exact or a range
  Modalities,  // of any series of the study
};

struct SearchableRow {
  dicom::Tag tag;
  Level level;  // its own; it can be matched there and below
  MatchKind kind;
  std::string_view column;
  std::string_view words = "";  // Name: the column for fuzzy matching
};

// nullptr when the attribute cannot be matched at `level`.
const SearchableRow* find_searchable(dicom::Tag tag, Level level);

}  // namespace tessera::catalog
