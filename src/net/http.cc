#include "net/http.h"

#include "net/field_text.h"

namespace tessera::net {

namespace {

class BufferedBody final : public BodySink {
 public:
  BufferedBody(std::size_t limit, Responder responder, std::function<void(std::string, Responder)> then)
      : limit_(limit), responder_(std::move(responder)), then_(std::move(then)) {}

  Flow on_bytes(ByteView bytes) override {
    if (!responder_) {
      return Flow::Continue;  // refused already; the server closes
    }
    if (bytes.size() > limit_ - body_.size()) {
      Response refusal;
      refusal.status = 413;
      refusal.set("Content-Type", "text/plain; charset=utf-8");
      refusal.body = "The body is larger than " + std::to_string(limit_) + " bytes, which is the limit here.\n";
      responder_.send(std::move(refusal));
      return Flow::Continue;
    }
    body_.append(as_text(bytes));
    return Flow::Continue;
  }

  void on_end() override {
    if (responder_) {
      then_(std::move(body_), std::move(responder_));
    }
  }

 private:
  const std::size_t limit_;
  Responder responder_;
  const std::function<void(std::string, Responder)> then_;
  std::string body_;
};

}  // namespace

std::string_view method_name(Method method) {
  switch (method) {
    case Method::Get:
      return "GET";
    case Method::Head:
      return "HEAD";
    case Method::Post:
      return "POST";
    case Method::Put:
      return "PUT";
    case Method::Delete:
      return "DELETE";
    case Method::Options:
      return "OPTIONS";
    case Method::Patch:
      return "PATCH";
    case Method::Other:
      break;
  }
  return "";
}

std::string_view Request::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (same_word(key, name)) {
      return value;
    }
  }
  return {};
}

bool Request::has_field(std::string_view name) const {
  for (const auto& entry : fields) {
    if (same_word(entry.first, name)) {
      return true;
    }
  }
  return false;
}

Responder::~Responder() {
  if (target_ != nullptr) {
    target_->abandon();
  }
}

void Responder::send(Response response) {
  const std::shared_ptr<Target> target = std::move(target_);
  target_ = nullptr;
  if (target != nullptr) {
    target->respond(std::move(response));
  }
}

std::unique_ptr<BodySink> buffered_body(std::size_t limit, Responder responder,
                                        std::function<void(std::string body, Responder responder)> then) {
  return std::make_unique<BufferedBody>(limit, std::move(responder), std::move(then));
}

}  // namespace tessera::net
