// From Status to HTTP: the one table. Handlers never pick a number for a failure themselves.
#pragma once

#include "base/status.h"
#include "net/http.h"

namespace tessera::dicomweb {

int http_status(Code code);

// One sentence of text. Above 499 the sentence stays in the log (it may name files) and the client reads a general one.
net::Response error_response(const Status& status);

}  // namespace tessera::dicomweb
