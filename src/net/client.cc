#include "net/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>

namespace tessera::net {

namespace {

constexpr long kConnectSeconds = 15;
constexpr long kLongestRetryAfter = 3600;
constexpr long kStalledSeconds = 120;  // without a byte in either direction

struct EasyCloser {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiCloser {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t keep_answer(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > HttpUpload::kMaxAnswer) {
    return 0;
  }
  body.append(bytes, size * count);
  return size * count;
}

// One exchange: the handle, its fields, and what came back.
struct CurlTransfer {
  std::unique_ptr<CURL, EasyCloser> easy{curl_easy_init()};
  std::unique_ptr<CURLM, MultiCloser> own_multi;  // where the request brings no connections
  CURLM* multi = nullptr;
  std::unique_ptr<curl_slist, ListCloser> fields;
  std::string url;
  ClientAnswer answer;
  ByteView pending;       // what write() was given and the network has not taken yet
  bool complete = false;  // finish() was called: an empty `pending` is the end
  bool done = false;
  CURLcode outcome = CURLE_OK;
  char details[CURL_ERROR_SIZE] = "";

  ~CurlTransfer() {
    if (multi != nullptr && easy) {
      curl_multi_remove_handle(multi, easy.get());
    }
  }

  Status prepare(const ClientRequest& request) {
    if (request.connections == nullptr) {
      own_multi.reset(curl_multi_init());
    }
    multi = request.connections != nullptr ? request.connections->handle() : own_multi.get();
    if (!easy || multi == nullptr) {
      return Status(Code::Internal, "start an HTTP transfer: out of memory");
    }
    url = request.url;
    for (const auto& [name, value] : request.fields) {
      curl_slist* longer = curl_slist_append(fields.get(), (name + ": " + value).c_str());
      (void)fields.release();
      fields.reset(longer);
    }
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields.get());
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, details);
    curl_easy_setopt(easy.get(), CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
    curl_easy_setopt(easy.get(), CURLOPT_SSL_VERIFYHOST, request.verify ? 2L : 0L);
    if (!request.ca_file.empty()) {
      curl_easy_setopt(easy.get(), CURLOPT_CAINFO, request.ca_file.c_str());
      curl_easy_setopt(easy.get(), CURLOPT_CAPATH, nullptr);
    }
    curl_multi_add_handle(multi, easy.get());
    return {};
  }

  static std::size_t give_bytes(char* into, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    if (transfer.pending.empty()) {
      return transfer.complete ? 0 : CURL_READFUNC_PAUSE;
    }
    const std::size_t given = std::min(size * count, transfer.pending.size());
    std::memcpy(into, transfer.pending.data(), given);
    transfer.pending = transfer.pending.subspan(given);
    return given;
  }

  // Lets the transfer run until it is done, or, when `until_sent`, until nothing is pending.
  void run(bool until_sent) {
    curl_easy_pause(easy.get(), CURLPAUSE_CONT);
    while (!done && !(until_sent && pending.empty())) {
      int running = 0;
      curl_multi_perform(multi, &running);
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) {
          done = true;
          outcome = message->data.result;
        }
      }
      if (!done && !(until_sent && pending.empty())) {
        curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
      }
    }
  }

  Result<ClientAnswer> take_answer() {
    if (outcome != CURLE_OK) {
      // What asking again does not change: the address, and whom the server's certificate is for.
      const bool for_good = outcome == CURLE_URL_MALFORMAT || outcome == CURLE_UNSUPPORTED_PROTOCOL ||
                            outcome == CURLE_PEER_FAILED_VERIFICATION || outcome == CURLE_SSL_CACERT_BADFILE;
      return Status(for_good ? Code::InvalidArgument : Code::Unavailable,
                    "ask " + url + ": " + (details[0] != '\0' ? details : curl_easy_strerror(outcome)));
    }
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &retry_after);
    answer.retry_after_seconds = static_cast<long>(std::clamp<curl_off_t>(retry_after, 0, kLongestRetryAfter));
    return std::move(answer);
  }
};

}  // namespace

Connections::Connections() : handle_(curl_multi_init()) {}

Connections::~Connections() {
  curl_multi_cleanup(handle_);
}

Result<ClientAnswer> http_get(const ClientRequest& request) {
  CurlTransfer transfer;
  RETURN_IF_ERROR(transfer.prepare(request));
  transfer.run(false);
  return transfer.take_answer();
}

struct HttpUpload::Transfer : CurlTransfer {};

HttpUpload::HttpUpload(std::unique_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {}
HttpUpload::~HttpUpload() = default;

Result<std::unique_ptr<HttpUpload>> HttpUpload::begin(const ClientRequest& request, std::uint64_t length) {
  auto transfer = std::make_unique<Transfer>();
  RETURN_IF_ERROR(transfer->prepare(request));
  CURL* easy = transfer->easy.get();
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(length));
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, Transfer::give_bytes);
  curl_easy_setopt(easy, CURLOPT_READDATA, static_cast<CurlTransfer*>(transfer.get()));
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 1024L * 1024L);
  return std::unique_ptr<HttpUpload>(new HttpUpload(std::move(transfer)));
}

Status HttpUpload::write(ByteView bytes) {
  transfer_->pending = bytes;
  transfer_->run(true);
  if (transfer_->done) {
    return Status(Code::Cancelled, "send to " + transfer_->url + ": the server ended the request early");
  }
  return {};
}

Result<ClientAnswer> HttpUpload::finish() {
  transfer_->complete = true;
  transfer_->run(false);
  return transfer_->take_answer();
}

}  // namespace tessera::net
