// HTTP as a client: what `tessera import --server` sends, and what identity providers are asked. libcurl does the
// protocol; redirects are not followed, because credentials go along. One thread at a time each; calls block.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::net {

struct ClientAnswer {
  int status = 0;
  long retry_after_seconds = 0;  // what Retry-After asks for; 0: it is not there
  std::string body;              // at most ClientRequest::max_answer bytes
  std::string content_type;      // as sent; empty when there is none
  std::string cache_control;     // as sent; several fields are joined by commas
  std::int64_t date = 0;         // the Date field in Unix seconds; 0: it is not there, or is none
};

// Connections that stay open from one request to the next. One thread's; outlives the requests that use it.
class Connections {
 public:
  Connections();
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  void* handle() const { return handle_; }

 private:
  void* handle_;  // CURLM: libcurl's header stays in client.cc
};

struct ClientRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> fields;
  Connections* connections = nullptr;         // borrowed; none: a connection of its own
  std::string form = {};                      // http_post_form's body
  std::string ca_file = {};                   // PEM: who vouches for an https server; empty: whom this machine trusts
  bool verify = true;                         // false: whoever answers is taken (a look at a server on this machine)
  std::chrono::milliseconds timeout{0};       // for the whole exchange; 0: as long as bytes flow
  std::size_t max_answer = 16 * 1024 * 1024;  // a longer answer fails
};

// Unavailable, naming the URL, when no answer could be had; InvalidArgument when the URL is none.
Result<ClientAnswer> http_get(const ClientRequest& request);

// A POST of application/x-www-form-urlencoded; fails as http_get does.
Result<ClientAnswer> http_post_form(const ClientRequest& request);

// A POST whose body of known length is pushed piece by piece, so that nothing of it is held.
class HttpUpload {
 public:
  static Result<std::unique_ptr<HttpUpload>> begin(const ClientRequest& request, std::uint64_t length);
  ~HttpUpload();

  // Blocks until the bytes were handed to the network. Cancelled when the server has answered already: finish() tells
  // what.
  Status write(ByteView bytes);
  Result<ClientAnswer> finish();

 private:
  struct Transfer;
  explicit HttpUpload(std::unique_ptr<Transfer> transfer);
  std::unique_ptr<Transfer> transfer_;
};

}  // namespace tessera::net
