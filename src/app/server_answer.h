// server_answer: what a DICOMweb server's refusal means to an import: what kind of failure, and the server's own words.
// An answer is bytes from outside: it is looked at, never trusted to be JSON. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "net/client.h"

namespace tessera::app {

// The sentence in a refusal: the first ErrorComment of a STOW dataset, else the first line of a plain text.
std::string server_sentence(std::string_view body);

// Whether a refused store says that the very same bytes are there.
bool says_identical(const net::ClientAnswer& answer);

// The refusal as a Status: Unavailable and Busy are worth another try, the others are not.
Status refusal(const std::string& url, const net::ClientAnswer& answer);

}  // namespace tessera::app
