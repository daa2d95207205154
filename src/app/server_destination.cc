#include "app/destination.h"
#include "net/client.h"

namespace tessera::app {

namespace {

class ServerDestination final : public Destination {
 public:
  ServerDestination(std::string url, std::string token) : url_(std::move(url)), token_(std::move(token)) {
    while (url_.ends_with('/')) {
      url_.pop_back();
    }
  }

  Result<bool> has(const std::string& study, const std::string& series, const std::string& sop) override {
    net::ClientRequest request =
        make_request("/studies/" + study + "/series/" + series + "/instances?SOPInstanceUID=" + sop);
    TRY_ASSIGN(const net::ClientAnswer answer, net::http_get(request));
    if (answer.status == 200 || answer.status == 204) {
      return answer.status == 200;
    }
    return refused(answer);
  }

  Status begin(std::uint64_t bytes) override {
    net::ClientRequest request = make_request("/studies");
    request.fields.emplace_back("Content-Type", "application/dicom");
    TRY_ASSIGN(upload_, net::HttpUpload::begin(request, bytes));
    return {};
  }

  Status write(ByteView bytes) override {
    const Status written = upload_->write(bytes);
    // The server's answer, which end() reads, says more than that it came early.
    return written.code() == Code::Cancelled ? Status() : written;
  }

  Result<Arrival> end() override {
    auto answer = upload_->finish();
    upload_.reset();
    if (!answer.ok()) {
      return answer.status();
    }
    if (answer->status == 200 || answer->status == 202) {
      return Arrival::Stored;
    }
    if (answer->status == 409 && answer->body.find("the same bytes are stored already") != std::string::npos) {
      return Arrival::AlreadyThere;
    }
    return refused(*answer);
  }

 private:
  net::ClientRequest make_request(const std::string& path) const {
    net::ClientRequest request{url_ + path, {{"Accept", "application/dicom+json"}}};
    if (!token_.empty()) {
      request.fields.emplace_back("Authorization", "Bearer " + token_);
    }
    return request;
  }

  Status refused(const net::ClientAnswer& answer) const {
    return Status(Code::Unavailable, "the server at " + url_ + " answered " + std::to_string(answer.status) + ": " +
                                         answer.body.substr(0, 500));
  }

  std::string url_;
  const std::string token_;
  std::unique_ptr<net::HttpUpload> upload_;
};

}  // namespace

std::unique_ptr<Destination> server_destination(std::string server_url, std::string token) {
  return std::make_unique<ServerDestination>(std::move(server_url), std::move(token));
}

}  // namespace tessera::app
