#include "net/client.h"

#include <algorithm>
#include <cstring>

#include "net/curl_library.h"

namespace tessera::net {

namespace {

constexpr long kConnectSeconds = 15;
constexpr long kLongestRetryAfter = 3600;
constexpr long kStalledSeconds = 120;  // without a byte in either direction

struct EasyCloser {
  void operator()(CURL* easy) const { curl().easy_cleanup(easy); }
};
struct MultiCloser {
  void operator()(CURLM* multi) const { curl().multi_cleanup(multi); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl().slist_free_all(list); }
};

// The value of the field line when it is the one named; the name is given in lower case, with the colon.
std::string_view field_value(std::string_view line, std::string_view name) {
  if (line.size() < name.size() || !std::equal(name.begin(), name.end(), line.begin(), [](char want, char have) {
        return want == (have >= 'A' && have <= 'Z' ? have - 'A' + 'a' : have);
      })) {
    return {};
  }
  line.remove_prefix(name.size());
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
    line.remove_prefix(1);
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) {
    line.remove_suffix(1);
  }
  return line;
}

// libcurl bounds the head by itself (300 KiB).
std::size_t keep_field(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& answer = *static_cast<ClientAnswer*>(into);
  const std::string_view line(bytes, size * count);
  if (line.starts_with("HTTP/")) {  // another head: what a 1xx said is forgotten
    answer = ClientAnswer{};
  } else if (const std::string_view type = field_value(line, "content-type:"); !type.empty()) {
    answer.content_type = type;
  } else if (const std::string_view cache = field_value(line, "cache-control:"); !cache.empty()) {
    answer.cache_control += (answer.cache_control.empty() ? "" : ", ") + std::string(cache);
  } else if (const std::string_view date = field_value(line, "date:"); !date.empty()) {
    const time_t seconds = curl().getdate(std::string(date).c_str(), nullptr);
    answer.date = seconds > 0 ? seconds : 0;
  }
  return size * count;
}

// One exchange: the handle, its fields, and what came back.
struct CurlTransfer {
  std::unique_ptr<CURL, EasyCloser> easy;
  std::unique_ptr<CURLM, MultiCloser> own_multi;  // where the request brings no connections
  CURLM* multi = nullptr;
  std::unique_ptr<curl_slist, ListCloser> fields;
  std::string url;
  ClientAnswer answer;
  std::size_t max_answer = 0;
  std::string ca_file;
  ByteView pending;       // what write() was given and the network has not taken yet
  bool complete = false;  // finish() was called: an empty `pending` is the end
  bool done = false;
  CURLcode outcome = CURLE_OK;
  char details[CURL_ERROR_SIZE] = "";

  ~CurlTransfer() {
    if (multi != nullptr && easy) {
      curl().multi_remove_handle(multi, easy.get());
    }
  }

  static std::size_t keep_answer(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    std::string& body = transfer.answer.body;
    if (body.size() + size * count > transfer.max_answer) {
      return 0;
    }
    body.append(bytes, size * count);
    return size * count;
  }

  Status prepare(const ClientRequest& request) {
    RETURN_IF_ERROR(load_curl());
    easy.reset(curl().easy_init());
    if (request.connections == nullptr) {
      own_multi.reset(curl().multi_init());
    }
    multi = request.connections != nullptr ? request.connections->handle() : own_multi.get();
    if (!easy || multi == nullptr) {
      return Status(Code::Internal, "start an HTTP transfer: out of memory");
    }
    url = request.url;
    max_answer = request.max_answer;
    ca_file = request.ca_file;
    for (const auto& [name, value] : request.fields) {
      curl_slist* longer = curl().slist_append(fields.get(), (name + ": " + value).c_str());
      (void)fields.release();
      fields.reset(longer);
    }
    curl().easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl().easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl().easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields.get());
    curl().easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl().easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl().easy_setopt(easy.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl().easy_setopt(easy.get(), CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
    curl().easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, keep_answer);
    curl().easy_setopt(easy.get(), CURLOPT_WRITEDATA, this);
    curl().easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, keep_field);
    curl().easy_setopt(easy.get(), CURLOPT_HEADERDATA, &answer);
    curl().easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, details);
    curl().easy_setopt(easy.get(), CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
    curl().easy_setopt(easy.get(), CURLOPT_SSL_VERIFYHOST, request.verify ? 2L : 0L);
    if (request.timeout.count() > 0) {
      curl().easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    }
    if (!ca_file.empty()) {
      curl().easy_setopt(easy.get(), CURLOPT_CAINFO, ca_file.c_str());
      curl().easy_setopt(easy.get(), CURLOPT_CAPATH, nullptr);
    }
    curl().multi_add_handle(multi, easy.get());
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
    curl().easy_pause(easy.get(), CURLPAUSE_CONT);
    while (!done && !(until_sent && pending.empty())) {
      int running = 0;
      curl().multi_perform(multi, &running);
      int left = 0;
      while (const CURLMsg* message = curl().multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) {
          done = true;
          outcome = message->data.result;
        }
      }
      if (!done && !(until_sent && pending.empty())) {
        curl().multi_poll(multi, nullptr, 0, 1000, nullptr);
      }
    }
  }

  Result<ClientAnswer> take_answer() {
    if (outcome == CURLE_WRITE_ERROR) {
      return Status(Code::TooLarge,
                    "ask " + url + ": the answer is longer than " + std::to_string(max_answer) + " bytes");
    }
    if (outcome != CURLE_OK) {
      // What asking again does not change: the address, and whom the server's certificate is for.
      const bool for_good = outcome == CURLE_URL_MALFORMAT || outcome == CURLE_UNSUPPORTED_PROTOCOL ||
                            outcome == CURLE_PEER_FAILED_VERIFICATION || outcome == CURLE_SSL_CACERT_BADFILE;
      return Status(for_good ? Code::InvalidArgument : Code::Unavailable,
                    "ask " + url + ": " + (details[0] != '\0' ? details : curl().easy_strerror(outcome)));
    }
    long status = 0;
    curl().easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    curl_off_t retry_after = 0;
    curl().easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &retry_after);
    answer.retry_after_seconds = static_cast<long>(std::clamp<curl_off_t>(retry_after, 0, kLongestRetryAfter));
    return std::move(answer);
  }
};

}  // namespace

Connections::Connections() : handle_(load_curl().ok() ? curl().multi_init() : nullptr) {}

Connections::~Connections() {
  if (handle_ != nullptr) {
    curl().multi_cleanup(handle_);
  }
}

Result<ClientAnswer> http_get(const ClientRequest& request) {
  CurlTransfer transfer;
  RETURN_IF_ERROR(transfer.prepare(request));
  transfer.run(false);
  return transfer.take_answer();
}

Result<ClientAnswer> http_post_form(const ClientRequest& request) {
  CurlTransfer transfer;
  RETURN_IF_ERROR(transfer.prepare(request));
  curl().easy_setopt(transfer.easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.form.size()));
  curl().easy_setopt(transfer.easy.get(), CURLOPT_COPYPOSTFIELDS, request.form.c_str());
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
  curl().easy_setopt(easy, CURLOPT_POST, 1L);
  curl().easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(length));
  curl().easy_setopt(easy, CURLOPT_READFUNCTION, Transfer::give_bytes);
  curl().easy_setopt(easy, CURLOPT_READDATA, static_cast<CurlTransfer*>(transfer.get()));
  curl().easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 1024L * 1024L);
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
