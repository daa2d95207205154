// Descriptions of the service for programs, made of the route table: OpenAPI 3.0 (YAML), and WADL as PS3.18 §8.9 wants
// it of OPTIONS. Whoever may send requests at all may know them; they tell nothing of what is stored. Pure.
#pragma once

#include <string>
#include <string_view>

#include "dicomweb/profile.h"

namespace tessera::dicomweb {

inline constexpr std::string_view kWadl = "application/vnd.sun.wadl+xml";

// `base_url`: of the service, as the client should write it: "https://host/v2". With `partitions_on` paths name one.
std::string openapi(std::string_view base_url, Profile profile, bool partitions_on);

// All resources, or those that `path` (below prefix and partition) is one of.
std::string wadl(std::string_view base_url, bool partitions_on, std::string_view path = {});

}  // namespace tessera::dicomweb
