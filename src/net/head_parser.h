// HeadParser: the head of a request, from the bytes that end with its empty line to a Request of views into them.
// Beast's parser does the work and knows the grammar; this is one of the two files that know it.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/http.h"

namespace tessera::net {

struct Head {
  Request request;  // without peer, id, secure and client_certificate
  bool keep_alive = false;
  bool chunked = false;
  bool expects_continue = false;
  bool http_1_0 = false;
};

// How many bytes of `bytes` are the head, its empty line included; 0 while that has not come. Leading empty lines,
// which RFC 9112 §2.2 wants ignored, count to it. `from` says how far an earlier call has looked.
std::size_t find_head_end(std::string_view bytes, std::size_t from);

// 0 when well-formed, else the status to refuse it with and, in `why`, one sentence.
int parse_head(std::string_view bytes, Head& head, std::string& why);

}  // namespace tessera::net
