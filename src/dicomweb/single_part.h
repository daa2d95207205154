// An answer whose body is the representation itself, whole or in part (RFC 9110 §14): what instance, frames and bulk
// data share. Parts are slices of the rope, so that they cost no memory and go out by sendfile as the whole does.
#pragma once

#include <string>

#include "base/rope.h"
#include "dicomweb/conditional.h"
#include "net/http.h"

namespace tessera::dicomweb {

//   200  the whole: no Range, or one that is to be ignored (HEAD, If-Range of another version, not the grammar's)
//   206  one range, or several as multipart/byteranges
//   416  nothing of what was asked for lies within the body
net::Response single_part(const net::Request& request, const Validator& validator, std::string content_type, Rope body);

}  // namespace tessera::dicomweb
