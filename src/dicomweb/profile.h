// The profiles of the service (design §4.3): /v1 and /v2 keep the contract's tables, /dicom-web is PS3.18 itself.
#pragma once

#include <cstdint>

namespace tessera::dicomweb {

enum class Profile : std::uint8_t { Standard, V1, V2 };

}  // namespace tessera::dicomweb
