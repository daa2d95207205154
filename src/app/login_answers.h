// The answers of the sign-in's pages (login_pages.h): never kept by a cache, and never with anything of a token. No
// state.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "net/http.h"

namespace tessera::app {

net::Response text_response(int status, std::string text);
net::Response json_response(std::string json);
// A page of one sentence, for whoever was about to sign in.
net::Response failure_page(const Status& why);

void add_cookies(net::Response& response, std::vector<std::string> cookies);

// What a failed sign-in is in HTTP. The kinds are login.h's; an answer of the issuer's that is none is a gateway's 502.
int login_status(Code code);

}  // namespace tessera::app
