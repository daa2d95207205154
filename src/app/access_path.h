// A request's path as the ordinary log may have it: what people and programs put into paths and queries may be the name
// of a patient, and such names never get there.
#pragma once

#include <string>
#include <string_view>

namespace tessera::app {

// Words of this service's own, UIDs and numbers stay; anything else, and every query, becomes "…".
std::string loggable_path(std::string_view target);

}  // namespace tessera::app
