// The bundled page: files out of the binary, with what makes a page safe and quick: a policy that lets it load nothing
// from elsewhere, entity tags, gzip. Pure; safe from all loop threads.
#pragma once

#include <optional>

#include "net/http.h"

namespace tessera::viewer {

// The answer to a GET or HEAD of one of the page's paths; nothing when the path is not the page's.
std::optional<net::Response> serve_page(const net::Request& request);

}  // namespace tessera::viewer
