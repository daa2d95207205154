// A QIDO query string, read and checked (service-api §3, PS3.18 §10.6). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/instances.h"
#include "dicom/tag.h"
#include "dicomweb/profile.h"

namespace tessera::dicomweb {

struct Search {
  catalog::SearchQuery query;
  std::vector<dicom::Tag> include;  // includefield, and every attribute matched: of a path, its first sequence
  bool include_all = false;
  bool count = false;          // the total is asked for
  bool limit_is_ours = false;  // the client set none, or one above what an answer holds: a cut is told
};

// InvalidArgument with the parameter and what is allowed for unknown attributes, attributes that cannot be searched at
// this resource, repeated ones, and limits out of range (v1, v2: 1..200; standard: any). In the standard profile the
// keys of all levels down to the resource's own can be matched, whatever the path names, and an empty value matches
// all; under the contract it is a fault.
Result<Search> parse_search(std::string_view query, catalog::Level level, const catalog::Scope& scope, Profile profile);

}  // namespace tessera::dicomweb
