#include "dicomweb/single_part.h"

#include "net/byte_ranges.h"
#include "net/multipart.h"

namespace tessera::dicomweb {

namespace {

std::string content_range(ByteRange range, std::uint64_t size) {
  return "bytes " + std::to_string(range.offset) + "-" + std::to_string(range.end() - 1) + "/" + std::to_string(size);
}

net::Response unsatisfiable(std::uint64_t size) {
  net::Response response;
  response.status = 416;
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.set("Cache-Control", "no-store");
  response.set("Content-Range", "bytes */" + std::to_string(size));
  response.body = "No byte of the range asked for exists; there are " + std::to_string(size) + " bytes.\n";
  return response;
}

void set_ranges(const std::vector<ByteRange>& ranges, std::string content_type, const Rope& whole,
                net::Response& response) {
  response.status = 206;
  if (ranges.size() == 1) {
    response.set("Content-Type", std::move(content_type));
    response.set("Content-Range", content_range(ranges.front(), whole.size()));
    response.body = whole.slice(ranges.front());
    return;
  }
  const std::string boundary = net::random_boundary();
  response.set("Content-Type", "multipart/byteranges; boundary=" + boundary);
  net::MultipartRope body(boundary);
  for (const ByteRange& range : ranges) {
    body.add("Content-Type: " + content_type + "\r\nContent-Range: " + content_range(range, whole.size()) + "\r\n",
             whole.slice(range));
  }
  response.body = body.finish();
}

}  // namespace

net::Response single_part(const net::Request& request, const Validator& validator, std::string content_type,
                          Rope body) {
  net::RangeRequest asked;
  if (request.method == net::Method::Get && request.has_field("Range") && range_holds(request, validator.etag)) {
    asked = net::parse_range(request.field("Range"), body.size());
  }
  if (asked.kind == net::RangeRequest::Kind::Unsatisfiable) {
    return unsatisfiable(body.size());
  }
  net::Response response;
  set_caching(request, validator, response);
  response.set("Accept-Ranges", "bytes");
  if (asked.kind == net::RangeRequest::Kind::Partial) {
    set_ranges(asked.ranges, std::move(content_type), body, response);
  } else {
    response.set("Content-Type", std::move(content_type));
    response.body = std::move(body);
  }
  return response;
}

}  // namespace tessera::dicomweb
