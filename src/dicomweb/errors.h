// From Status to HTTP: the one table. Handlers never pick a number for a failure themselves.
#pragma once

#include "base/status.h"
#include "net/http.h"

namespace tessera::dicomweb {

int http_status(Code code);

// One sentence of text. Above 499 the sentence stays in the log (it may name files) and the client reads a general one.
net::Response error_response(const Status& status);

// The same sentence as application/problem+json (RFC 9457), where the request's Accept names that: to wildcards an
// error is text, as the contract has it. For answers that are no such text it does nothing.
void prefer_problem(const net::Request& request, net::Response& response);

}  // namespace tessera::dicomweb
