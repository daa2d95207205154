// QIDO answers: which attributes a row carries (service-api §3 for v1 and v2, PS3.18 tables 10.6.3-3 to -5 for the
// standard profile), and the JSON array of them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/instances.h"
#include "dicomweb/search_query.h"

namespace tessera::dicomweb {

// Attributes that were asked for and that the row's headers do not hold: they are in the metadata sidecar, if anywhere.
std::vector<dicom::Tag> missing_attributes(const Search& search, const catalog::SearchRow& row);

// One row as a JSON object. `extra`: more of the instance's attributes, as JSON objects, for those that are missing.
Result<std::string> answer_row(const Search& search, const catalog::SearchRow& row, Profile profile,
                               std::string_view base_url, const std::vector<std::string>& extra);

}  // namespace tessera::dicomweb
