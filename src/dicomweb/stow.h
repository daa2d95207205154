// The answer to a STOW request: what became of each part, as status and data set (service-api §1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/ingest.h"
#include "dicomweb/exchange.h"
#include "net/http.h"

namespace tessera::dicomweb {

// 200 all stored, 202 some (v2: or with warnings), 204 no part at all, 409 none, 507 none because the disk is full.
int store_status(const std::vector<archive::StoreOutcome>& outcomes, Profile profile);

net::Response store_answer(const std::vector<archive::StoreOutcome>& outcomes, Profile profile,
                           std::string_view base_url, std::string_view study_of_path, std::string_view host);

}  // namespace tessera::dicomweb
