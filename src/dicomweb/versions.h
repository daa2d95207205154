// The entity tag of an answer that is made of several instances.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/instances.h"

namespace tessera::dicomweb {

// "{kind}{hash}{suffix}" in quotes: the hash of which versions of which instances the caller sees. From the rows that
// are seen alone: what is hidden changes nothing, and who sees the same gets the same. `kind` and `suffix` tell the
// representation.
std::string versions_etag(std::string_view kind, const std::vector<catalog::InstanceRow>& rows,
                          std::string_view suffix = {});

}  // namespace tessera::dicomweb
