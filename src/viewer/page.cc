#include "viewer/page.h"

#include "viewer/page_files.h"

namespace tessera::viewer {

namespace {

// Everything from this server; blob: for decoded tiles. OpenSeadragon sets styles through the DOM, which this allows,
// and puts one style sheet of its own into the page: the hash is that sheet's, of the pinned version.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE='; img-src 'self' blob: data:; connect-src "
    "'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

const PageFile* find_file(std::string_view path) {
  for (const PageFile& file : page_files()) {
    if (file.path == path) {
      return &file;
    }
  }
  return nullptr;
}

// Also of a 304: a browser puts its fields in place of those it has stored with the page.
void set_policies(net::Response& response) {
  response.set("Content-Security-Policy", std::string(kPolicy));
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
}

}  // namespace

std::optional<net::Response> serve_page(const net::Request& request) {
  const PageFile* file = find_file(request.path);
  if (file == nullptr) {
    return std::nullopt;
  }
  const bool gzip = request.field("Accept-Encoding").find("gzip") != std::string_view::npos;
  const std::string tag = "\"" + std::string(file->tag) + (gzip ? "-gzip\"" : "\"");
  net::Response response;
  response.route = "page";
  response.set("ETag", tag);
  response.set("Cache-Control", "no-cache");  // asked again each time, answered 304: a new program shows at once
  response.set("Vary", "Accept-Encoding");
  set_policies(response);
  if (request.field("If-None-Match").find(tag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.set("Content-Type", std::string(file->type));
  if (gzip) {
    response.set("Content-Encoding", "gzip");
  }
  response.body = std::string(gzip ? file->packed : file->plain);
  return response;
}

}  // namespace tessera::viewer
