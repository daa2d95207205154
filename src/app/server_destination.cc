#include "app/destination.h"
#include "app/server_answer.h"
#include "net/client.h"
#include "net/uri.h"

namespace tessera::app {

namespace {

class ServerDestination final : public Destination {
 public:
  ServerDestination(std::string url, std::string token, std::string ca_file)
      : url_(std::move(url)), token_(std::move(token)), ca_file_(std::move(ca_file)) {}

  Result<bool> has(const std::string& study, const std::string& series, const std::string& sop) override {
    TRY_ASSIGN(const net::ClientAnswer answer, net::http_get(make_request("/studies/" + study + "/series/" + series +
                                                                          "/instances?SOPInstanceUID=" + sop)));
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
    // The server's answer, which close() reads, says more than that it came early.
    return written.code() == Code::Cancelled ? Status() : written;
  }

  Status close() override {
    auto answer = upload_->finish();
    upload_.reset();
    RETURN_IF_ERROR(answer.status());
    if (answer->status != 200 && answer->status != 202 && !says_identical(*answer)) {
      return refused(*answer);
    }
    arrivals_.push_back(says_identical(*answer) ? Arrival::AlreadyThere : Arrival::Stored);
    return {};
  }

  Result<std::vector<Arrival>> commit() override { return std::exchange(arrivals_, {}); }

  void abandon() override {
    upload_.reset();
    arrivals_.clear();
  }

  bool is_seen() const override { return !arrivals_.empty(); }
  Millis retry_after() const override { return retry_after_; }

 private:
  net::ClientRequest make_request(const std::string& path) {
    retry_after_ = Millis(0);
    net::ClientRequest request{.url = url_ + path,
                               .fields = {{"Accept", "application/dicom+json"}},
                               .connections = &connections_,
                               .ca_file = ca_file_};
    if (!token_.empty()) {
      request.fields.emplace_back("Authorization", "Bearer " + token_);
    }
    return request;
  }

  Status refused(const net::ClientAnswer& answer) {
    retry_after_ = std::chrono::seconds(answer.retry_after_seconds);
    return refusal(url_, answer);
  }

  const std::string url_;
  const std::string token_;
  const std::string ca_file_;
  Millis retry_after_{0};
  net::Connections connections_;
  std::unique_ptr<net::HttpUpload> upload_;
  std::vector<Arrival> arrivals_;
};

}  // namespace

std::unique_ptr<Destination> server_destination(std::string server_url, std::string token, std::string ca_file) {
  return std::make_unique<ServerDestination>(std::move(server_url), std::move(token), std::move(ca_file));
}

Result<std::string> dicomweb_root(std::string server, const std::string& partition) {
  const std::size_t scheme = server.find("://");
  if (scheme == server.npos || (!server.starts_with("http://") && !server.starts_with("https://"))) {
    return Status(Code::InvalidArgument, "--server wants a URL, as http://host:8080/dicom-web, not '" + server + "'");
  }
  while (server.size() > scheme + 3 && server.ends_with('/')) {
    server.pop_back();
  }
  if (server.find('/', scheme + 3) == server.npos) {
    server += "/dicom-web";
  }
  return partition.empty() ? server : server + "/partitions/" + net::percent_encode(partition);
}

}  // namespace tessera::app
