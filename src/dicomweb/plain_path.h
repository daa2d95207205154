// PlainPath: a request's path as the ordinary log may have it (and the audit trail, where it is to hold no values):
// what people and programs put into paths and queries may be the name of a patient, and such names never get there.
#pragma once

#include <string>
#include <string_view>

namespace tessera::dicomweb {

// Words of this service's own, UIDs and numbers stay; anything else, and every query, becomes "…".
std::string plain_path(std::string_view target);

}  // namespace tessera::dicomweb
